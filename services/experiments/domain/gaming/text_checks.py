"""Checks of every text that an edit brings: prompts, data, reasons of rules, whole files."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.experiments.domain.gaming.copies import (
    Runs,
    answer_keys,
    copied,
    names_label,
)
from services.experiments.domain.gaming.hidden import hidden_in
from services.experiments.domain.gaming.lesson import Flag, shown
from services.experiments.domain.gaming.phrases import orders_in
from services.experiments.domain.gaming.secret import secrets_in
from services.experiments.domain.gaming.values import Values

_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_NAME = re.compile(r"(?<=[\w,:'\"] )[A-Z][a-z]{2,}\w*")
_GUARD = re.compile(r"(?i)\b(?:never|must not|cannot|can not|do not|don't|only data|no orders)\b")


@dataclass(frozen=True)
class Reader:
    """What is known when texts are read. `known` are all texts of the config before."""

    values: Values
    runs: Runs
    labels: Sequence[str]
    known: str

    def prompt(self, index: int, place: str, old: str, new: str) -> Iterator[Flag]:
        """A prompt: whatever sentence is new in it, and which protecting one goes."""
        added = added_sentences(old, new)
        yield from self.sentences(index, place, added)
        yield from answer_keys(index, place, added, self.values, self.labels, self.known)
        for sentence in added:
            if unknown := self._unknown_name(sentence):
                reason = (
                    f"{place}: no known case names {unknown}, so that nothing shows what it does"
                )
                yield Flag(index, "unknown_name", "flag", reason, sentence)
        for gone in added_sentences(new, old):
            if _GUARD.search(gone) and not any(_GUARD.search(one) for one in added):
                reason = f"{place}: it takes out {shown(gone, 80)!r}: see whether that protects"
                yield Flag(index, "guard_removed", "flag", reason, gone)

    def _unknown_name(self, sentence: str) -> str | None:
        """A name beside an answer that neither lessons nor the config know."""
        if not names_label(sentence, self.labels):
            return None
        names = _NAME.findall(sentence)
        return next((one for one in names if not self._is_known(one.casefold())), None)

    def _is_known(self, word: str) -> bool:
        return word in self.known.casefold() or word in self.values.words

    def sentences(self, index: int, place: str, sentences: Sequence[str]) -> Iterator[Flag]:
        """Orders, templates and copies, sentence by sentence."""
        for sentence in sentences:
            for kind, what in orders_in(sentence, self.labels):
                yield Flag(index, kind, "refuse", f"{place}: {shown(sentence)!r} {what}", sentence)
            if found := copied(sentence, self.runs, self.labels):
                severity, what = found
                reason = f"{place}: {shown(sentence)!r}: {what}"
                yield Flag(
                    index, "copied", "refuse" if severity == "refuse" else "flag", reason, sentence
                )

    def value(self, index: int, place: str, text: str) -> Iterator[Flag]:
        """A text inside data or a parameter."""
        keys = answer_keys(index, place, sentences_of(text), self.values, self.labels, self.known)
        yield from keys
        yield from self.said(index, place, text)

    def said(self, index: int, place: str, text: str) -> Iterator[Flag]:
        """A text of a rule: its condition says already which cases it names."""
        yield from self.sentences(index, place, sentences_of(text))
        for _, what in hidden_in(text):
            yield Flag(index, "hidden", "refuse", f"{place}: {what}", text)


def raw_flags(index: int, path: str, old: str, new: str) -> Iterator[Flag]:
    """What is wrong with the file as it is written, comments included."""
    added = "\n".join(added_lines(old, new))
    for what in secrets_in(added):
        reason = f"{path}: it holds {what}: take it out, and make the secret worthless"
        yield Flag(index, "secret", "refuse", reason)
    for kind, what in hidden_in(added):
        yield Flag(index, kind, "refuse", f"{path}: {what}")


def added_lines(old: str, new: str) -> list[str]:
    """Lines of the new text that the old one does not hold, with the blank ones between."""
    known = {line for line in old.split("\n") if line.strip()}
    return [line for line in new.split("\n") if line not in known]


def added_sentences(old: str, new: str) -> list[str]:
    known = set(sentences_of(old))
    return [one for one in sentences_of(new) if one not in known]


def sentences_of(text: str) -> list[str]:
    return [one.strip() for one in _SENTENCE.split(text) if one.strip()]
