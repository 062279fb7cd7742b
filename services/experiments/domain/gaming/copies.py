"""Text that was copied out of lessons: instructions from inputs, and answer keys."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from services.experiments.domain.gaming.lesson import Flag, Lesson, shown
from services.experiments.domain.gaming.values import NUMBER, Values, folded, leaves

RUN = 5
"""Words in a row that are looked for."""
RUN_LONG = 8
RUN_TOLD = 6
NAMES_MAX = 2
_WORD = re.compile(r"[^\W_]+(?:'[a-z]+)?")
_IMPERATIVE = re.compile(
    r"(?i)\b(?:please|must|should|always|never|approve|accept|allow|grant|reject|treat|consider|mark"
    r"|ignore|answer|reply|respond|set|let|make|send|do not|don't|no need)\b"
)


class Runs:
    """Every run of a few words in the texts of the lessons' inputs and facts."""

    def __init__(self, lessons: Sequence[Lesson], known: str) -> None:
        self._runs: set[tuple[str, ...]] = set()
        for lesson in lessons:
            for _, value in [*leaves(lesson.input), *leaves(lesson.facts)]:
                if isinstance(value, str):
                    self._runs.update(_runs(words_in(value)))
        self._known = set(_runs(words_in(known)))

    def longest(self, text: str) -> int:
        """Words of the longest run that stands in a lesson, too, and in no file of before."""
        longest = streak = 0
        for run in _runs(words_in(text)):
            streak = streak + 1 if run in self._runs and run not in self._known else 0
            longest = max(longest, streak)
        return longest + RUN - 1 if longest else 0


def words_in(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _WORD.findall("".join(one for one in plain if unicodedata.category(one) != "Cf"))


def _runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)]


def copied(sentence: str, runs: Runs, labels: Sequence[str]) -> tuple[str, str] | None:
    """Severity and reason when a sentence says what an input says."""
    length = runs.longest(sentence)
    orders = bool(_IMPERATIVE.search(sentence)) or names_label(sentence, labels)
    if length >= RUN_LONG or (length and orders):
        return "refuse", f"{length} words in a row are copied out of a request: say it in your own"
    if length >= RUN_TOLD:
        return "flag", f"{length} words in a row also stand in a request: see whose words they are"
    return None


def names_label(text: str, labels: Sequence[str]) -> bool:
    low = folded(text)
    return any(
        re.search(rf"(?<!\w){re.escape(folded(label).removesuffix('e'))}", low)
        for label in labels
        if len(str(label)) > 2
    )


def answer_keys(
    index: int,
    place: str,
    sentences: Sequence[str],
    values: Values,
    labels: Sequence[str],
    known: str,
) -> Iterator[Flag]:
    """Names of single examples in a text, and sentences that pin one example down by its values."""
    single = 0
    for sentence in sentences:
        if found := values.identified_in(sentence):
            reason = f"{place}: it names the example {shown(found)}: say what such cases share"
            yield Flag(index, "answer_key", "refuse", reason, sentence)
            continue
        names = values.names_in(sentence, known)
        alone = [one for one in names if len(one.groups) == 1 and one.alone]
        single += len(alone)
        together = frozenset.intersection(*(one.groups for one in names)) if names else frozenset()
        figure = any(NUMBER.fullmatch(one.value) for one in names)
        pinned = bool(alone) or (1 <= len(together) <= 2 and len(names) >= (2 if figure else 3))
        if not pinned:
            continue
        said = all(_reviewed(one.value, values.lessons) for one in alone) and bool(alone)
        key = names_label(sentence, labels) and not said
        name = shown((alone or names)[0].value)
        reason = f"{place}: {name} stands in one single case: " + (
            "an answer key; say what such cases share" if key else "look whether it is meant for it"
        )
        yield Flag(index, "answer_key", "refuse" if key else "flag", reason, sentence)
    if single > NAMES_MAX:
        reason = f"{place}: it names {single} single cases: say what such cases share"
        yield Flag(index, "answer_key", "refuse", reason)


def _reviewed(value: str, lessons: Sequence[Lesson]) -> bool:
    return any(value in folded(lesson.reason) for lesson in lessons)
