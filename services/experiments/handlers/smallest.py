"""The smallest diff that gains as much on the lessons as the whole, without what games its test."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pawl_sdk.bundle import BundleError
from pydantic import JsonValue

from libs.contracts.events import HunkResult
from services.experiments.domain.atoms import Atom, atoms_of, simplified_edits
from services.experiments.domain.cases import Case, Cases
from services.experiments.domain.gaming import Flag, Lesson, review_edits
from services.experiments.domain.gaming.lesson import refused_outright
from services.experiments.domain.minimality import Minimal, Subset, Tally, Unit, minimise, of_edits
from services.experiments.domain.plan import Ended
from services.experiments.domain.predicted import has_draft, only_rules, predicted
from services.experiments.domain.replayed import Replays, is_correct
from services.experiments.handlers.replays import BundleRefused
from services.experiments.handlers.workbench import Workbench

Edits = Sequence[Mapping[str, JsonValue]]


@dataclass(frozen=True)
class SmallestDiff:
    """`origins` names for each edit the draft's edit that it is a part of."""

    edits: tuple[dict[str, JsonValue], ...]
    origins: tuple[int, ...]
    hunks: tuple[HunkResult, ...]
    flags: tuple[str, ...]


class Smallest:
    """Tries subsets by what rules make of the record, where rules are all that changes.

    What the learner drafted is taken apart by rules only: a rule of its list is what procedure
    evidence is about, and a half of one is not. What anybody else drafted is taken apart into
    clauses, sentences and fields.
    """

    def __init__(self, bench: Workbench, lessons: Cases, learned: bool) -> None:
        self._bench = bench
        self._lessons = lessons
        self._learned = learned
        drafted = all(has_draft(case, bench.label) for case in lessons)
        self._on_record = drafted and only_rules(bench.proposal.edits)

    async def find(self) -> SmallestDiff:
        """Raises `Ended` when nothing may go on, or the whole gains nothing."""
        flags = await asyncio.to_thread(self._review, self._bench.proposal.edits)
        out = refused_outright(flags)
        places = [n for n in range(len(self._bench.proposal.edits)) if n not in out]
        said = tuple(f"{flag.severity}: {flag.reason}" for flag in flags)
        if not places:
            raise Ended("reject", *_against(flags))
        edits = [self._bench.proposal.edits[place] for place in places]
        whole = await self._tally(edits)
        if whole is None or whole.gain <= 0:
            tally = whole or Tally(0, 0)
            reason = f"no gain on the lessons: {tally.wins} wins against {tally.losses} losses"
            raise Ended("reject", reason, *said)
        atoms = self._atoms(edits)
        minimal = await self._minimal(edits, atoms, whole)
        small = simplified_edits(edits, minimal.kept) if not self._learned else None
        kept = minimal.kept if small is None else small.origins
        made = tuple(dict(edits[one]) for one in kept) if small is None else small.edits
        if against := _against(await asyncio.to_thread(self._review, made)):
            raise Ended("reject", *against)
        return SmallestDiff(
            edits=made,
            origins=tuple(places[one] for one in kept),
            hunks=self._hunks(minimal, atoms, places, len(edits)),
            flags=(*said, *_dormant(atoms, minimal)),
        )

    def _review(self, edits: Edits) -> tuple[Flag, ...]:
        lessons = [_lesson(case) for case in self._lessons]
        bench = self._bench
        return review_edits(bench.baseline, bench.files, edits, lessons, bench.today)

    def _atoms(self, edits: Edits) -> tuple[Atom, ...]:
        if not self._learned:
            return atoms_of(edits)
        return tuple(Atom(n, n, "edit", str(edit), 1, False) for n, edit in enumerate(edits))

    async def _minimal(self, edits: Edits, atoms: Sequence[Atom], whole: Tally) -> Minimal:
        async def measure(kept: Subset) -> Tally | None:
            if self._learned:
                return await self._tally([edits[index] for index in kept])
            return await self._tally(simplified_edits(edits, kept).edits)

        units = [Unit(atom.cost, atom.broadens) for atom in atoms]
        return await minimise(len(atoms), whole, measure, units)

    def _hunks(
        self, minimal: Minimal, atoms: Sequence[Atom], places: Sequence[int], count: int
    ) -> tuple[HunkResult, ...]:
        by_edit = of_edits(minimal, [atom.edit_index for atom in atoms], count)
        return tuple(
            hunk.model_copy(update={"edit_index": places[hunk.edit_index]}) for hunk in by_edit
        )

    async def _tally(self, edits: Edits) -> Tally | None:
        """Wins and losses on the lessons; None when there is no such candidate."""
        try:
            baseline = await self._answers([])
            candidate = await self._answers(edits)
        except (BundleError, BundleRefused):
            return None
        wins = losses = 0
        for case in self._lessons:
            before = is_correct(case, baseline, self._bench.label)
            after = is_correct(case, candidate, self._bench.label)
            wins += after and not before
            losses += before and not after
        return Tally(wins, losses)

    async def _answers(self, edits: Edits) -> Replays:
        bundle = await self._bench.bundle(edits)
        if self._on_record:
            bench = self._bench
            return await asyncio.to_thread(
                predicted, bundle, self._lessons, bench.label, bench.today
            )
        return await self._bench.answers(bundle, self._lessons)


def _against(flags: Sequence[Flag]) -> list[str]:
    return [flag.reason for flag in flags if flag.severity == "refuse"]


def _lesson(case: Case) -> Lesson:
    return Lesson(
        example_key=case.example_key,
        trace_id=case.trace_id,
        group=case.group,
        input=case.input,
        facts=case.facts,
        expected=case.expected,
        answered=case.answered,
        reason=case.reason,
    )


def _dormant(atoms: Sequence[Atom], minimal: Minimal) -> tuple[str, ...]:
    """What no lesson shows the use of was left out; the reviewer is told what it was."""
    left_out = [atoms[index].text for index in minimal.dormant if atoms[index].kind != "edit"]
    return tuple(f"left out, no review shows what it does: {text[:200]}" for text in left_out)
