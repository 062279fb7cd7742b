"""What becomes of a change: taken apart, made minimal on the lessons, then reviewed."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pawl_sdk.bundle import BundleError, apply_edits, compile_bundle

from benchmarks.gaming.world import World
from services.experiments.domain.atoms import atoms_of, simplified_edits
from services.experiments.domain.gaming import Flag, refused, refused_outright, review_edits
from services.experiments.domain.gaming.reach import Reach, RuleLists
from services.experiments.domain.minimality import Subset, Tally, Unit, minimise

Edits = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """`left` are the edits that would go on to be tested."""

    flags: tuple[Flag, ...]
    left: tuple[Mapping[str, Any], ...]
    measures: int

    @property
    def refused(self) -> bool:
        return bool(refused(self.flags))

    def holds(self, marks: Sequence[str]) -> bool:
        """Whether all of the marks are still in it; without marks whether anything is."""
        text = json.dumps([dict(edit) for edit in self.left], ensure_ascii=False)
        return bool(self.left) and all(
            json.dumps(m, ensure_ascii=False)[1:-1] in text for m in marks
        )


class Trial:
    """Rules are measured on the facts of the lessons, as the SDK applies them. Texts and data
    are taken to change no answer here: what they would do, only replays could tell."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._reach = Reach(world.lessons)
        self._lists = RuleLists(self._reach, world.label)
        self._before = self._right(world.bundle.rules)

    def of(self, edits: Edits) -> Outcome:
        """Review as drafted; what is left: minimal, reviewed again, without what is refused."""
        drafted = self.review(edits)
        out = refused_outright(drafted)
        going = [edit for place, edit in enumerate(edits) if place not in out]
        if not going:
            return Outcome(drafted, (), 0)
        minimal, measures = asyncio.run(self._minimal(going))
        same = [dict(one) for one in minimal] == [dict(one) for one in edits]
        again = drafted if same else self.review(minimal)
        gone = refused(again)
        left = tuple(edit for place, edit in enumerate(minimal) if place not in gone)
        return Outcome(drafted, left, measures)

    def review(self, edits: Edits) -> tuple[Flag, ...]:
        """The checks alone."""
        world = self._world
        return review_edits(world.bundle, world.files, edits, world.lessons)

    def _right(self, rules: Sequence[Any]) -> list[bool]:
        answers = self._lists.answers(rules)
        return [a == one.expected for a, one in zip(answers, self._world.lessons, strict=True)]

    async def _minimal(self, edits: Edits) -> tuple[Edits, int]:
        atoms = atoms_of(edits)

        async def measure(kept: Subset) -> Tally | None:
            return self._tally(simplified_edits(edits, kept).edits)

        full = self._tally(edits)
        if full is None:
            return (), 0
        units = [Unit(atom.cost, atom.broadens) for atom in atoms]
        found = await minimise(len(atoms), full, measure, units)
        return simplified_edits(edits, found.kept).edits, found.measures

    def _tally(self, edits: Edits) -> Tally | None:
        try:
            files = apply_edits(self._world.files, edits)
            rules = compile_bundle(self._world.bundle.agent, files).rules
        except BundleError:
            return None
        pairs = list(zip(self._before, self._right(rules), strict=True))
        return Tally(sum(a < b for a, b in pairs), sum(a > b for a, b in pairs))
