"""Checks of context data and of fields of agent.yaml."""

from collections.abc import Iterator
from typing import Any

from services.experiments.domain.gaming.changes import Change
from services.experiments.domain.gaming.lesson import Flag, shown
from services.experiments.domain.gaming.rule_form import ANSWER_WORDS
from services.experiments.domain.gaming.text_checks import Reader
from services.experiments.domain.gaming.values import folded, is_odd, leaves

GROUPS_MIN = 2
TEXT_ONE_MIN = 40
"""A value this long is a text, not a name."""


def context_flags(change: Change, reader: Reader) -> Iterator[Flag]:
    """An entry about something that hardly any known case names, or that holds answers."""
    index, place = change.edit_index, change.place
    yield from _reach(change, reader)
    if change.new is None:
        return
    known = dict(leaves(change.old or {}))
    fresh = [(path, one) for path, one in leaves(change.new) if known.get(path) != one]
    labels = {folded(label) for label in reader.labels}
    for path, value in fresh:
        words = {folded(step) for step in path.split(".")}
        if words & ANSWER_WORDS or (isinstance(value, str) and folded(value) in labels):
            reason = f"{place}: {path} holds the answer itself ({shown(value)}): give the facts"
            yield Flag(index, "echo", "refuse", reason, path)
        if isinstance(value, str):
            yield from reader.value(index, f"{place}, {path}", value)
    for step in sorted({step for path, _ in fresh for step in path.split(".")}):
        yield from reader.value(index, place, step)
    yield from reader.value(index, place, change.name)


def _reach(change: Change, reader: Reader) -> Iterator[Flag]:
    groups = reader.values.groups_of(change.name)
    if len(groups) >= GROUPS_MIN:
        return
    index, place = change.edit_index, change.place
    if not groups:
        goes = "it goes, yet " if change.new is None else ""
        reason = (
            f"{place}: {goes}no known case names {shown(change.name)}, so that nothing shows what "
            "this does: leave it out"
        )
        yield Flag(index, "dormant", "refuse", reason)
        return
    if change.new is None:
        return
    held = [one for one in reader.values.lessons if one.group in groups]
    said = any(folded(change.name) in folded(lesson.reason) for lesson in held)
    reason = f"{place}: only one independent case names {shown(change.name)}: " + (
        "a reviewer spoke of it; look at that case" if said else "wait for another one"
    )
    yield Flag(index, "few_groups", "flag" if said else "refuse", reason)


def spec_flags(change: Change, reader: Reader) -> Iterator[Flag]:
    """Texts in parameters, figures that fit one example, and tools that come in."""
    index, place = change.edit_index, change.place
    known = dict(leaves(change.old or {}))
    for path, value in leaves(change.new):
        if known.get(path) == value:
            continue
        said = f"{path.replace('.', ', ')}: {value}" if path else str(value)
        if isinstance(value, str):
            yield from reader.value(index, place, said)
        elif _fits_one(value, reader):
            reason = f"{place}: {path} is {value}, the very figure of a single case: round it"
            yield Flag(index, "literal", "flag", reason, path)
    if change.name == "tools" and set(change.new or ()) - set(change.old or ()):
        added = ", ".join(sorted(set(change.new) - set(change.old or ())))
        reason = f"{place}: the agent gets {shown(added)}: see whether it may"
        yield Flag(index, "tools", "flag", reason)


def _fits_one(value: Any, reader: Reader) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return is_odd(float(value)) and len(reader.values.groups_of_number(value)) == 1
