"""Whether a change learns something or games its test: a review of a proposal's edits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from pawl_sdk.bundle import Bundle, Rule

from services.experiments.domain.gaming.changes import Change, Changed, changes_of
from services.experiments.domain.gaming.copies import Runs
from services.experiments.domain.gaming.data_checks import context_flags, spec_flags
from services.experiments.domain.gaming.lesson import Flag, Lesson
from services.experiments.domain.gaming.reach import Reach
from services.experiments.domain.gaming.rule_checks import rule_flags
from services.experiments.domain.gaming.rule_support import Standing
from services.experiments.domain.gaming.text_checks import Reader, raw_flags
from services.experiments.domain.gaming.values import Values

RULES_MIN = 4


def review_edits(
    before: Bundle,
    files: Mapping[str, str],
    edits: Sequence[Mapping[str, Any]],
    lessons: Sequence[Lesson],
    today: date | None = None,
) -> tuple[Flag, ...]:
    """Findings, in the order of the edits; pure, no replay.

    `files` are those that `before` was compiled from, `lessons` all reviews known when the change
    was drafted; give the later ones when there are many. A `refuse` is about its edit: the others
    may go on without it. The checks say what is wrong with a change, never that it is right.
    """
    changed = changes_of(before, files, edits)
    flags = [Flag(one.edit_index, "unfit", "refuse", one.message) for one in changed.unfit]
    flags += _judges_beside_agent(changed)
    reader = _reader(before, lessons)
    standing = _standing(before, changed, lessons)
    for change in changed.changes:
        flags += _of_change(change, standing, reader, today)
    flags += _scattershot(flags, changed)
    unique = {(flag.edit_index, flag.kind, flag.reason): flag for flag in flags}  # the last decides
    return tuple(
        sorted(unique.values(), key=lambda one: (one.edit_index, one.severity != "refuse"))
    )


def _reader(before: Bundle, lessons: Sequence[Lesson]) -> Reader:
    known = before.canonical_bytes().decode().replace("\\n", "\n")
    task = before.spec.task
    said = {str(lesson.expected) for lesson in lessons if lesson.expected is not None}
    labels = sorted({*(task.labels if task else ()), *said})
    return Reader(Values(lessons), Runs(lessons, known), labels, known)


def _standing(before: Bundle, changed: Changed, lessons: Sequence[Lesson]) -> Standing:
    label = before.spec.task.label if before.spec.task else ""
    after: Sequence[Rule] = (changed.after or before).rules
    if changed.after is None:  # what can be judged is judged all the same
        new = [one.new for one in changed.changes if one.part == "rule" and one.new is not None]
        after = [*new, *(rule for rule in before.rules if rule.id not in {n.id for n in new})]
    return Standing(Reach(lessons), label, before.rules, after)


def _judges_beside_agent(changed: Changed) -> Iterator[Flag]:
    """Who is judged must not choose the judge: such an edit goes its own way, to a person."""
    parts = [one for one in changed.changes if one.part != "file"]
    judges = [one for one in parts if one.judges]
    beside = len(judges) < len(parts)
    for change in judges:
        reason = f"{change.place}: it changes what the agent is judged by" + (
            ", beside a change of the agent itself: propose it on its own"
            if beside
            else ": a person has to decide it; no evidence of the agent can"
        )
        yield Flag(change.edit_index, "judge", "refuse" if beside else "flag", reason)


def _scattershot(flags: Sequence[Flag], changed: Changed) -> list[Flag]:
    """Many rules for a few cases each are the list of examples in another form."""
    added = {one.edit_index for one in changed.changes if one.part == "rule" and one.new}
    thin = [flag for flag in flags if flag.kind == "few_groups" and flag.edit_index in added]
    if len(thin) < RULES_MIN or 2 * len({one.edit_index for one in thin}) <= len(added):
        return []
    return [replace(flag, severity="refuse") for flag in thin]


def _of_change(
    change: Change, standing: Standing, reader: Reader, today: date | None
) -> Iterator[Flag]:
    index, place = change.edit_index, change.place
    match change.part:
        case "file":
            yield from raw_flags(index, place, change.old or "", change.new)
        case "prompt":
            yield from reader.prompt(index, place, change.old or "", change.new or "")
        case "context":
            yield from context_flags(change, reader)
        case "spec":
            yield from spec_flags(change, reader)
        case "rule":
            yield from rule_flags(change, standing, reader.values, today)
            if change.new is not None:
                yield from reader.said(index, place, change.new.because)
                for text in (one for one in change.new.then.values() if isinstance(one, str)):
                    yield from reader.said(index, place, text)
