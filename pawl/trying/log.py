"""A file's rows as reviews in order, and all that should be said about how they were read."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from libs.learning import Case
from pawl.trying.errors import Unusable
from pawl.trying.facts_of_rows import FactColumn, Facts, Wanted, facts_of
from pawl.trying.guessing import Asked, Roles, roles_of
from pawl.trying.labels import Labels, labels_of
from pawl.trying.names import find
from pawl.trying.plain_text import listed, quoted, short
from pawl.trying.reading import check_bad_rows, set_aside
from pawl.trying.records import BadRow, Reading, Record
from pawl.trying.values import typed

OWN_ANSWER = "draft.decision"
"""The fact under which the learner knows what the agent answered by itself."""
REASON_CHARS_MAX = 2000


@dataclass(frozen=True)
class Terms:
    """What the person asked for."""

    asked: Asked = field(default_factory=Asked)
    ignored: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    empty_agrees: bool = False
    strict: bool = False
    bad_share_max: float = 0.05


@dataclass(frozen=True)
class Log:
    """`cases`, `lines` and `groups` go together, in the order they are played."""

    form: str
    unit: str
    rows: int
    """All of the file, bad ones too."""
    unreviewed: int
    bad: tuple[BadRow, ...]
    roles: Roles
    cases: tuple[Case, ...]
    lines: tuple[int, ...]
    groups: tuple[str, ...]
    label_values: Mapping[str, Any]
    facts: tuple[FactColumn, ...]
    left_out: Mapping[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Review:
    record: Record
    answered: str
    expected: str
    time: Any = None


def log_of(reading: Reading, terms: Terms) -> Log:
    """Raises `Unusable`. `reading` keeps the bad rows that are found here."""
    rows = len(reading.records) + len(reading.bad)
    check_bad_rows(reading, terms.bad_share_max, terms.strict)
    roles = roles_of(reading, terms.asked)
    records = tuple(reading.records)
    labels = _labels(records, roles, terms)
    notes = [*reading.notes, *labels.said]
    reviews, unreviewed = _reviews(reading, records, labels, roles)
    check_bad_rows(reading, terms.bad_share_max, terms.strict)
    if not reviews:
        raise Unusable(f"expected rows with an answer in column {quoted(roles.answer)}, came none")
    notes += _about(reviews, unreviewed, roles)
    reviews = _in_order(reviews, roles, notes)
    facts = _facts(reading.columns, reviews, roles, terms)
    return Log(
        form=reading.form,
        unit=reading.unit,
        rows=rows,
        unreviewed=unreviewed,
        bad=tuple(sorted(reading.bad, key=lambda one: one.line)),
        roles=roles,
        cases=tuple(_case(n, one, facts, roles) for n, one in enumerate(reviews)),
        lines=tuple(one.record.line for one in reviews),
        groups=_groups(reviews, roles, notes),
        label_values=labels.values,
        facts=tuple(facts.columns),
        left_out=facts.left_out,
        notes=(*notes, *facts.notes),
    )


def _labels(records: Sequence[Record], roles: Roles, terms: Terms) -> Labels:
    answers = [one.fields.get(roles.answer) for one in records]
    expected = [one.fields.get(roles.expected) for one in records]
    if terms.empty_agrees:
        empty = (None, "")
        expected = [
            answer if right in empty or (isinstance(right, str) and not right.strip()) else right
            for answer, right in zip(answers, expected, strict=True)
        ]
    return labels_of(answers, expected)


def _reviews(
    reading: Reading, records: Sequence[Record], labels: Labels, roles: Roles
) -> tuple[list[_Review], int]:
    """Rows that somebody judged; how many nobody did. Those that cannot be used are set aside."""
    times = _times(records, roles)
    bad: dict[int, str] = {}
    reviews: list[_Review] = []
    unreviewed = 0
    for place, (record, answered, expected) in enumerate(
        zip(records, labels.answered, labels.expected, strict=True)
    ):
        if expected is None:
            unreviewed += 1
        elif answered is None:
            bad[place] = f"expected an answer in column {quoted(roles.answer)}, came nothing"
        elif roles.time and times[place] is None:
            came = short(str(record.fields.get(roles.time)), 30)
            bad[place] = f"expected a time in column {quoted(roles.time)}, came {came!r}"
        else:
            reviews.append(_Review(record, answered, expected, times[place]))
    set_aside(reading, bad)
    return reviews, unreviewed


def _times(records: Sequence[Record], roles: Roles) -> Sequence[Any]:
    if roles.time is None:
        return [None] * len(records)
    column = typed([one.fields.get(roles.time) for one in records])
    if column.kind == "time":
        return column.times
    if column.kind == "number":
        return [None if isinstance(one, str) else one for one in column.values]
    raise Unusable(f"expected times or numbers in column {quoted(roles.time)} (--time)")


def _about(reviews: Sequence[_Review], unreviewed: int, roles: Roles) -> list[str]:
    if unreviewed and all(one.answered != one.expected for one in reviews):
        return [
            f"every row with an entry in {quoted(roles.expected)} disagrees with the agent: if an "
            "empty one means that the answer was right, say --empty-agrees"
        ]
    return []


def _in_order(reviews: list[_Review], roles: Roles, notes: list[str]) -> list[_Review]:
    if roles.time is None:
        return reviews
    ordered = sorted(reviews, key=lambda one: one.time)
    moved = sum(before.time > after.time for before, after in itertools.pairwise(reviews))
    if moved:
        told = "row was" if moved == 1 else "rows were"
        notes.append(f"{moved} {told} earlier than the one before: sorted by {quoted(roles.time)}")
    return ordered


def _facts(columns: Sequence[str], reviews: Sequence[_Review], roles: Roles, terms: Terms) -> Facts:
    times = {roles.time} if roles.time else set()
    wanted = Wanted(
        parts=roles.columns() - times,
        ignored={find(one, columns, "--ignore") for one in terms.ignored},
        kept={find(one, columns, "--keep") for one in terms.kept},
        sorted_by=roles.time,
    )
    records = [one.record for one in reviews]
    answered, expected = [one.answered for one in reviews], [one.expected for one in reviews]
    facts = facts_of(columns, records, answered, expected, wanted)
    if not facts.columns:
        raise Unusable(
            "expected columns beside the answers that a rule could speak of, came none "
            f"(left out: {listed(facts.left_out) or 'none'})"
        )
    return facts


def _case(number: int, review: _Review, facts: Facts, roles: Roles) -> Case:
    flat = facts.rows[number]
    said = review.record.fields
    name = said.get(roles.id) if roles.id else None
    return Case(
        key=f"{number:08d}",
        trace_id=str(name) if name not in (None, "") else f"line {review.record.line}",
        facts={**flat, OWN_ANSWER: review.answered},
        inputs={path.rpartition(".")[2]: value for path, value in flat.items()},
        answered=review.answered,
        expected=review.expected,
        precedent=_text(said.get(roles.precedent)) if roles.precedent else None,
        reason=(_text(said.get(roles.reason)) or "") if roles.reason else "",
    )


def _text(value: Any) -> str | None:
    if value is None or (isinstance(value, float) and value != value):
        return None
    text = str(value).strip()[:REASON_CHARS_MAX]
    return text or None


def _groups(reviews: Sequence[_Review], roles: Roles, notes: list[str]) -> tuple[str, ...]:
    """Rows of one group count once; without a group, rows of one id."""
    column = roles.group or roles.id
    named = [_text(one.record.fields.get(column)) if column else None for one in reviews]
    groups = tuple(
        f"row {number}" if name is None else f"group {name}" for number, name in enumerate(named)
    )
    again = len(groups) - len(set(groups))
    if column and again and not roles.group:
        notes.append(f"{again} rows repeat a value of {quoted(column)}: they count as near-copies")
    return groups
