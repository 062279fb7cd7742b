"""The smallest diff that gains as much on the lessons as the whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pawl_sdk.bundle import BundleError
from pydantic import JsonValue

from libs.contracts.events import HunkResult
from services.experiments.domain.cases import Cases
from services.experiments.domain.minimality import Subset, Tally, minimise
from services.experiments.domain.plan import Ended
from services.experiments.domain.predicted import has_draft, only_rules, predicted
from services.experiments.domain.replayed import Replays, is_correct
from services.experiments.handlers.replays import BundleRefused
from services.experiments.handlers.workbench import Workbench


@dataclass(frozen=True)
class SmallestDiff:
    """`origins` names for each edit the draft's edit that it is a part of."""

    edits: tuple[dict[str, JsonValue], ...]
    origins: tuple[int, ...]
    hunks: tuple[HunkResult, ...]
    flags: tuple[str, ...]


class Smallest:
    """Tries subsets by what rules make of the record, where rules are all that changes."""

    def __init__(self, bench: Workbench, lessons: Cases) -> None:
        self._bench = bench
        self._lessons = lessons
        edits = bench.proposal.edits
        drafted = all(has_draft(case, bench.label) for case in lessons)
        self._on_record = drafted and only_rules(edits)

    async def find(self) -> SmallestDiff:
        """Raises `Ended` when the whole gains nothing."""
        every = tuple(range(len(self._bench.proposal.edits)))
        whole = await self._tally(every)
        if whole is None or whole.gain <= 0:
            said = whole or Tally(0, 0)
            reason = f"no gain on the lessons: {said.wins} wins against {said.losses} losses"
            raise Ended("reject", reason)
        minimal = await minimise(len(every), whole, self._tally)
        kept = minimal.kept
        return SmallestDiff(
            edits=tuple(self._edits(kept)), origins=kept, hunks=minimal.hunks, flags=()
        )

    def _edits(self, kept: Subset) -> list[dict[str, JsonValue]]:
        return [self._bench.proposal.edits[index] for index in kept]

    async def _tally(self, kept: Subset) -> Tally | None:
        """Wins and losses on the lessons; None when there is no such candidate."""
        try:
            baseline = await self._answers([])
            candidate = await self._answers(self._edits(kept))
        except (BundleError, BundleRefused):
            return None
        wins = losses = 0
        for case in self._lessons:
            before = is_correct(case, baseline, self._bench.label)
            after = is_correct(case, candidate, self._bench.label)
            wins += after and not before
            losses += before and not after
        return Tally(wins, losses)

    async def _answers(self, edits: Sequence[Mapping[str, JsonValue]]) -> Replays:
        bundle = await self._bench.bundle(edits)
        if self._on_record:
            return predicted(bundle, self._lessons, self._bench.label, self._bench.today)
        return await self._bench.answers(bundle, self._lessons)
