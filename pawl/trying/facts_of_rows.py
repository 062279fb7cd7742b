"""Every other column is a fact, unless it names the row, never changes or knows the outcome."""

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from libs.facts import Flat
from pawl.trying.leaks import leak_of
from pawl.trying.names import spelled, tokens
from pawl.trying.plain_text import quoted
from pawl.trying.records import Record
from pawl.trying.role_words import KEYS, TIMES
from pawl.trying.values import Typed, typed

COLUMNS_MAX = 400
NEARLY_ALL = 0.9
ROWS_MIN = 12


@dataclass(frozen=True)
class FactColumn:
    """`path` is for rules, `words` for people; `how` tells what was made of the cells."""

    path: str
    column: str
    words: str
    how: str = ""


@dataclass
class Facts:
    """`rows` in the order of the records."""

    rows: list[Flat] = field(default_factory=list)
    columns: list[FactColumn] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    """Column to reason."""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Wanted:
    """Columns that are no facts whatever they hold, and those that are whatever they seem."""

    parts: Collection[str]
    ignored: Collection[str]
    kept: Collection[str]
    sorted_by: str | None = None


def facts_of(
    columns: Sequence[str],
    records: Sequence[Record],
    answered: Sequence[str],
    expected: Sequence[str],
    wanted: Wanted,
) -> Facts:
    """Facts of each record by paths that CEL can spell."""
    facts = Facts(rows=[{} for _ in records])
    others = [one for one in columns if one not in wanted.parts]
    for name in others:
        if name in wanted.ignored:
            facts.left_out[name] = "as --ignore says"
    free = [one for one in others if one not in wanted.ignored]
    found = {
        name: typed([one.fields.get(name) for one in records]) for name in _most(free, records)
    }
    for name in free:
        why = _why_not(name, found.get(name), answered, expected, facts.notes)
        if why and (name not in wanted.kept or name not in found):
            facts.left_out[name] = why
    facts.notes += _about_order(found, wanted.sorted_by)
    kept = [name for name in found if name not in facts.left_out]
    _fill(facts, {name: found[name] for name in kept})
    return facts


def _about_order(columns: Mapping[str, Typed], sorted_by: str | None) -> list[str]:
    """Exports often come newest first, and what came later must not be learned from earlier."""
    for name, column in columns.items():
        times = [one for one in column.times if one is not None]
        falls = sum(after < before for before, after in itertools.pairwise(times))
        if sorted_by is None and falls and TIMES & set(tokens(name)):
            order = "newest first" if falls > len(times) / 2 else "in no order"
            return [f"by {quoted(name)} the rows stand {order}: --time {quoted(name)} sorts them"]
    return []


def _most(columns: Sequence[str], records: Sequence[Record]) -> list[str]:
    """Those that most rows have, when an object's keys are names of things."""
    if len(columns) <= COLUMNS_MAX:
        return list(columns)
    counts = {name: sum(name in one.fields for one in records) for name in columns}
    best = set(sorted(columns, key=lambda one: -counts[one])[:COLUMNS_MAX])
    return [one for one in columns if one in best]


def _why_not(
    name: str,
    column: Typed | None,
    answered: Sequence[str],
    expected: Sequence[str],
    notes: list[str],
) -> str:
    if column is None:
        return f"there are more than {COLUMNS_MAX} columns, others are filled more often"
    distinct = len({one for one in column.values if one is not None})
    if not distinct:
        return "it is empty"
    if distinct == 1 and None not in column.values:
        return "it never changes"
    why, leaks = leak_of(name, column.values, answered, expected)
    if leaks:
        return why
    if why:
        notes.append(f"{why} with --ignore {quoted(name)}")
    return "nearly every row has its own value" if _names_the_row(name, column) else ""


def _names_the_row(name: str, column: Typed) -> bool:
    """Codes and running numbers; measured numbers, times and texts of several words are facts."""
    values = [one for one in column.values if one is not None]
    if len(values) < ROWS_MIN or len(set(values)) < NEARLY_ALL * len(values):
        return False
    if column.kind == "number":
        if not all(isinstance(one, int) for one in values):
            return False
        steps = {after - before for before, after in itertools.pairwise(values)}
        return steps in ({1}, {-1}) or bool(KEYS & set(tokens(name)[-1:]))
    if column.kind not in ("text", "mixed"):
        return False
    single = sum(isinstance(one, str) and len(one.split()) <= 1 for one in values)
    return single >= NEARLY_ALL * len(values)


@dataclass(frozen=True)
class _Part:
    """What becomes one fact: a column, or a part of a time."""

    name: str
    column: str
    how: str
    values: Sequence[Any]


def _fill(facts: Facts, columns: Mapping[str, Typed]) -> None:
    parts = [part for name, column in columns.items() for part in _parts(name, column)]
    for part, path in zip(parts, spelled(one.name for one in parts), strict=True):
        words = words_of_path(part.name)
        facts.columns.append(FactColumn(path, part.column, words, part.how))
        for row, value in zip(facts.rows, part.values, strict=True):
            row[path] = value


def _parts(name: str, column: Typed) -> Iterator[_Part]:
    """A time is told by its month, its day of the week and, where there are clocks, its hour."""
    if column.kind != "time":
        yield _Part(name, name, column.how, column.values)
        return
    for part, how, of in _OF_TIME:
        values = [None if at is None else of(at) for at in column.times]
        if len(set(values)) > 1:
            yield _Part(f"{name}_{part}", name, how, values)


_OF_TIME: tuple[tuple[str, str, Callable[[datetime], int]], ...] = (
    ("month", "month, 1 to 12", lambda at: at.month),
    ("weekday", "day of the week, Monday 1 to Sunday 7", datetime.isoweekday),
    ("hour", "hour, 0 to 23", lambda at: at.hour),
)


def words_of_path(name: str) -> str:
    """A column's own name, dots kept only between the levels of nested fields."""
    segments = name.split(".")
    nested = all(one and one == one.strip() for one in segments)
    return name if nested else name.replace(".", " ")
