"""The values that occur in lessons: which of them name a single example, and which paths do."""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from services.experiments.domain.gaming.lesson import Lesson

IDENTIFIER_NAME = re.compile(
    r"(?:^|[._])(?:id|ids|uuid|guid|trace|span|run|session|hash|checksum|digest|nonce|serial"
    r"|timestamp|ts|(?:created|received|recorded|submitted|updated)(?:_at|_on)?)$|[a-z]Id$|_id$"
)
FIGURE_DIGITS_MIN = 3
NAMES_MIN = 8
"""A field with fewer different values names kinds, not examples."""
HASH_DIGITS_MIN = 8
HASHED = ("md5", "sha1", "sha256", "blake2b")
_HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{8,128}(?![0-9a-f])")
NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?:[,_ ]\d{3})+(?:\.\d+)?(?![\w])|(?<![\w.])\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Named:
    """A value of lessons that was found in a text; `groups` are those that hold it."""

    value: str
    groups: frozenset[str]
    alone: bool = True
    """Whether it names an example by itself: a round figure does not."""


class Values:
    """An index over inputs and facts of the lessons."""

    def __init__(self, lessons: Sequence[Lesson]) -> None:
        self.lessons = tuple(lessons)
        self._groups: dict[str, set[str]] = defaultdict(set)
        self._numbers: dict[float, set[str]] = defaultdict(set)
        self._paths: dict[str, set[str]] = defaultdict(set)
        self._seen: dict[str, set[str]] = defaultdict(set)
        self._at: dict[str, set[str]] = defaultdict(set)
        for lesson in lessons:
            for path, value in [*leaves(lesson.facts), *leaves(lesson.input)]:
                self._take(lesson.group, path, value)

    def _take(self, group: str, path: str, value: Any) -> None:
        if isinstance(value, bool) or value is None:
            return
        said = folded(value)
        self._paths[path].add(said)
        self._seen[path].add(group)
        if isinstance(value, int | float):
            self._numbers[float(value)].add(group)
        else:
            self._groups[said].add(group)
            self._at[said].add(path)

    def groups_of(self, text: str) -> frozenset[str]:
        """The groups in which some field says exactly this."""
        return frozenset(self._groups.get(folded(text), ()))

    def groups_of_number(self, number: float) -> frozenset[str]:
        return frozenset(self._numbers.get(float(number), ()))

    def singles_out(self, path: str) -> bool:
        """Whether the values of this fact tell nearly every example from every other."""
        values, groups = self._paths.get(path, set()), self._seen.get(path, set())
        if len(values) < 4:
            return bool(IDENTIFIER_NAME.search(path)) and len(values) >= len(groups) > 1
        if IDENTIFIER_NAME.search(path):
            return len(values) >= 0.5 * len(groups)
        coded = all(re.search(r"\d", one) and " " not in one for one in values)
        numeric = all(re.fullmatch(r"-?\d+(?:\.\d+)?", one) for one in values)
        return coded and not numeric and len(values) >= 0.9 * len(groups) and len(values) >= 8

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Keys, trace ids, and whatever stands in a field that singles examples out."""
        keys = {folded(one) for lesson in self.lessons for one in (lesson.example_key,)}
        traces = {folded(lesson.trace_id) for lesson in self.lessons}
        fields = {
            one for path in self._paths if self.singles_out(path) for one in self._paths[path]
        }
        return frozenset(one for one in keys | traces | fields if _tells(one))

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the texts."""
        texts = (text for text in self._groups if not text.isdigit())
        reasons = (folded(lesson.reason) for lesson in self.lessons)
        return frozenset(word for text in (*texts, *reasons) for word in re.findall(r"\w+", text))

    @cached_property
    def _hashes(self) -> frozenset[str]:
        texts = set()
        for lesson in self.lessons:
            texts |= {lesson.example_key, lesson.trace_id, lesson.group}
            texts |= {str(value) for _, value in leaves(lesson.input) if isinstance(value, str)}
            for form in ({}, {"separators": (",", ":")}, {"sort_keys": True}):
                texts.add(json.dumps(lesson.input, default=str, **form))
        found = [hashlib.new(how, one.encode()).hexdigest() for one in texts for how in HASHED]
        return frozenset(one[:HASH_DIGITS_MIN] for one in found)

    def identified_in(self, text: str) -> str | None:
        """An identifier of a lesson, or the hash of one, that stands in the text."""
        low = folded(text)
        for token in _HEX.findall(low):
            if not token.isdigit() and token[:HASH_DIGITS_MIN] in self._hashes:
                return str(token)
        words = set(re.findall(r"[\w:./@-]+", low))
        stripped = words | {one.strip(".:/-@") for one in words}
        found = min(stripped & self.identifiers, default=None)
        if found is not None:
            return str(found)
        spaced = (one for one in self.identifiers if " " in one and len(one) > 8 and one in low)
        return min(spaced, default=None)

    def names_in(self, text: str, known: str) -> list[Named]:
        """Names and odd figures of lessons in a text, without those that `known` holds, too."""
        low, old = f" {folded(text)} ", folded(known)
        found = [
            Named(value, frozenset(groups))
            for value, groups in self._groups.items()
            if 4 <= len(value) <= 120 and value in low and value not in old
            if self._is_name(value) and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", low)
        ]
        for figure in NUMBER.findall(low):
            number = float(re.sub(r"[,_ ]", "", figure))
            groups = self.groups_of_number(number)
            if groups and figure not in old and digits_of(number) >= FIGURE_DIGITS_MIN:
                found.append(Named(figure, groups, is_odd(number)))
        return found

    def _is_name(self, value: str) -> bool:
        return any(len(self._paths[path]) >= NAMES_MIN for path in self._at[value])


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every scalar with its dotted path; entries of lists stand under the list's own path."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value


def folded(value: Any) -> str:
    """How values are compared: without case and doubled spaces."""
    return " ".join(str(value).casefold().split())


def is_odd(number: float) -> bool:
    """Four significant digits or more, and no year: nobody chooses such a threshold."""
    return digits_of(number) >= 4 and not (number == int(number) and 1900 <= number <= 2100)


def digits_of(number: float) -> int:
    """Significant digits; a fraction counts for one more, since people choose whole figures."""
    text = f"{abs(number):.10f}".rstrip("0").rstrip(".")
    bare = text.replace(".", "").lstrip("0")
    return len(bare) + 1 if "." in text else len(bare.rstrip("0"))


def _tells(text: str) -> bool:
    """Whether a text can be an identifier and no word of the language."""
    if text.isdigit():
        return len(text) >= 5
    return len(text) >= 3 and (bool(re.search(r"\d", text)) or len(text) >= 16)
