"""One proposal on the bench: its bundles with any of its edits, and what they answer."""

import asyncio
from collections.abc import Mapping, Sequence

from pawl_sdk.bundle import AgentSpec, Bundle, BundleError, Task, apply_edits, compile_bundle
from pydantic import JsonValue

from libs.contracts.events import PairedResult, ProposalDrafted
from services.experiments.domain.cases import Case, Cases
from services.experiments.domain.comparison import flips, paired_result
from services.experiments.domain.minimality import Subset, Tally
from services.experiments.domain.plan import Findings
from services.experiments.domain.replayed import Replays
from services.experiments.handlers.replays import BundleRefused, ReplayRunner


class Workbench:
    """The baseline's spec judges: a candidate cannot loosen the rules it is judged by."""

    def __init__(
        self,
        proposal: ProposalDrafted,
        files: dict[str, str],
        baseline: Bundle,
        task: Task,
        runner: ReplayRunner,
    ) -> None:
        self.proposal = proposal
        self.baseline = baseline
        self.spec: AgentSpec = baseline.spec
        self.label = task.label
        self._files = files
        self._runner = runner
        self._bundles: dict[Subset, Bundle] = {(): baseline}

    @property
    def every_edit(self) -> Subset:
        return tuple(range(len(self.proposal.edits)))

    async def bundle(self, kept: Subset) -> Bundle:
        """The baseline with these edits; raises `BundleError` when they do not fit together."""
        if kept not in self._bundles:
            edits = [self.proposal.edits[index] for index in kept]
            self._bundles[kept] = await asyncio.to_thread(self._compile, edits)
        return self._bundles[kept]

    def _compile(self, edits: Sequence[Mapping[str, JsonValue]]) -> Bundle:
        return compile_bundle(self.proposal.agent, apply_edits(self._files, edits))

    async def answers(self, kept: Subset, cases: Sequence[Case]) -> Replays:
        return await self._runner.run(self.proposal.agent, await self.bundle(kept), cases)

    async def compare(self, kept: Subset, cases: Sequence[Case]) -> PairedResult:
        baseline = await self.answers((), cases)
        candidate = await self.answers(kept, cases)
        return paired_result(cases, baseline, candidate, self.label)

    async def open_findings(self, kept: Subset, cases: Cases) -> Findings:
        """Figures and flips on mine and select."""
        baseline = await self.answers((), cases.open)
        candidate = await self.answers(kept, cases.open)
        return Findings(
            candidate_digest=(await self.bundle(kept)).digest,
            edits=tuple(self.proposal.edits[index] for index in kept),
            mine=paired_result(cases.mine, baseline, candidate, self.label),
            select=paired_result(cases.select, baseline, candidate, self.label),
            flips=flips(cases.open, baseline, candidate, self.label),
        )

    async def tally(self, kept: Subset, cases: Cases) -> Tally | None:
        """Wins and losses on mine and select; None when there is no such candidate."""
        try:
            result = await self.compare(kept, cases.open)
        except (BundleError, BundleRefused):
            return None
        return Tally(result.wins, result.losses)
