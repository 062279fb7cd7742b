"""Edits taken apart: the clauses of a condition, entries of lists, sentences, fields of data.

A harmful part of a good edit is an atom of its own, so that it can fall out by itself.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from services.experiments.domain.atom_rules import rule_parts
from services.experiments.domain.atom_texts import text_parts
from services.experiments.domain.parts import Part, Whole

Edit = Mapping[str, Any]
ATOMS_MAX = 200
"""Of one proposal. What has more is taken apart by edits only."""


@dataclass(frozen=True)
class Atom:
    """A part of an edit that can be left out. `cost` is its description length, in characters.

    `kind` is edit, conjunct, disjunct, entry, field, added or removed. Without a part that
    `broadens`, the change reaches further than with it.
    """

    index: int
    edit_index: int
    kind: str
    text: str
    cost: int
    broadens: bool


@dataclass(frozen=True)
class Simplified:
    """Edits without the atoms that were left out; `origins` are indices of the draft's edits."""

    edits: tuple[dict[str, JsonValue], ...]
    origins: tuple[int, ...]


def atoms_of(edits: Sequence[Edit]) -> tuple[Atom, ...]:
    """All atoms, in the order of the edits and of their text."""
    wholes = _wholes(edits)
    parts = [(place, part) for place, whole in enumerate(wholes) for part in whole.parts]
    return tuple(
        Atom(index, place, part.kind, part.text, len(part.text), part.broadens)
        for index, (place, part) in enumerate(parts)
    )


def simplified_edits(edits: Sequence[Edit], kept_atoms: Collection[int]) -> Simplified:
    """The edits with these atoms only, as `atoms_of` numbers them.

    An edit of which nothing is left falls out; so does a rule that would have no condition left.
    A rule that stood in front of one that falls out takes the place of that one.
    """
    kept = set(kept_atoms)
    made: list[tuple[int, dict[str, Any]]] = []
    moved: dict[str, str | None] = {}
    number = 0
    for place, whole in enumerate(_wholes(edits)):
        numbers = range(number, number + len(whole.parts))
        number += len(whole.parts)
        edit = whole.rebuilt([index in kept for index in numbers])
        if edit is not None:
            made.append((place, edit))
        elif edits[place].get("op") == "add_rule":
            moved[str(edits[place]["rule"].get("id"))] = edits[place].get("before")
    return Simplified(
        tuple(_placed(edit, moved) for _, edit in made), tuple(place for place, _ in made)
    )


def _placed(edit: dict[str, Any], moved: Mapping[str, str | None]) -> dict[str, Any]:
    """In front of the next rule that is there, when the one that was named is gone."""
    before = edit.get("before") if edit.get("op") == "add_rule" else None
    while before in moved:
        before = moved[str(before)]
    return {**edit, "before": before} if "before" in edit and edit["op"] == "add_rule" else edit


def _wholes(edits: Sequence[Edit]) -> list[Whole]:
    wholes = [_taken_apart(edit) for edit in edits]
    if sum(len(whole.parts) for whole in wholes) > ATOMS_MAX:
        return [_undivided(edit) for edit in edits]
    return wholes


def _taken_apart(edit: Edit) -> Whole:
    match edit.get("op"):
        case "add_rule":
            whole = rule_parts(edit)
        case "replace_text":
            whole = text_parts(edit)
        case "set_context":
            whole = _fields(edit)
        case _:
            return _undivided(edit)
    return whole if len(whole.parts) > 1 else _undivided(edit)


def _undivided(edit: Edit) -> Whole:
    return Whole((Part("edit", _said(edit), False),), lambda kept: dict(edit) if kept[0] else None)


def _said(edit: Edit) -> str:
    """What the edit says, without how it says it."""
    match edit.get("op"):
        case "add_rule":
            return f"{edit['rule'].get('when')} {edit['rule'].get('then')}"
        case "replace_text":
            return str(edit["after"] or edit["before"])
        case _:
            return " ".join(str(value) for key, value in edit.items() if key != "op")


def _fields(edit: Edit) -> Whole:
    value: dict[str, Any] = edit["value"]
    names = list(value)

    def rebuilt(kept: Sequence[bool]) -> dict[str, Any] | None:
        left = {name: value[name] for name, stays in zip(names, kept, strict=True) if stays}
        return {**edit, "value": left} if left else None

    parts = tuple(Part("field", f"{name}: {value[name]}", False) for name in names)
    return Whole(parts, rebuilt)
