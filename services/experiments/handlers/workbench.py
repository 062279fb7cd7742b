"""One proposal on the bench: its bundles with any of its edits, and what they answer."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pawl_sdk.bundle import AgentSpec, Bundle, Task, apply_edits, compile_bundle
from pydantic import JsonValue

from libs.contracts.events import CostResult, GuardrailResult, ProposalDrafted
from services.experiments.domain.cases import Case
from services.experiments.domain.limits import Limits, limit_results
from services.experiments.domain.replayed import Replayed, Replays
from services.experiments.handlers.replays import ReplayRunner

TIMED_MAX = 60
Edits = Sequence[Mapping[str, JsonValue]]


@dataclass(frozen=True)
class Arms:
    """What the two configs answer to the same cases."""

    baseline: Replays
    candidate: Replays


class Workbench:
    """The baseline's spec judges: a candidate cannot loosen the rules it is judged by."""

    def __init__(
        self,
        proposal: ProposalDrafted,
        files: dict[str, str],
        baseline: Bundle,
        task: Task,
        runner: ReplayRunner,
        today: date,
    ) -> None:
        self.proposal = proposal
        self.agent = proposal.agent
        self.files = files
        self.baseline = baseline
        self.spec: AgentSpec = baseline.spec
        self.label = task.label
        self.today = today
        self._runner = runner

    async def bundle(self, edits: Edits) -> Bundle:
        """The baseline with these edits; raises `BundleError` when they do not fit together."""
        return await asyncio.to_thread(self.compiled, edits)

    def compiled(self, edits: Edits) -> Bundle:
        """As `bundle`, in this thread."""
        if not edits:
            return self.baseline
        return compile_bundle(self.agent, apply_edits(self.files, edits))

    async def answers(self, bundle: Bundle, cases: Sequence[Case]) -> Replays:
        """Replays of every case under one config."""
        return await self._runner.run(self.agent, bundle, cases)

    async def arms(self, candidate: Bundle, cases: Sequence[Case]) -> Arms:
        """What both configs answer."""
        baseline = await self.answers(self.baseline, cases)
        return Arms(baseline, await self.answers(candidate, cases))

    async def limits(
        self, candidate: Bundle, cases: Sequence[Case], arms: Arms, terms: Limits
    ) -> tuple[tuple[GuardrailResult, ...], tuple[CostResult, ...]]:
        """Guardrails and costs; what looks slower is timed again, both arms anew and in turn."""
        both = (arms.baseline, arms.candidate)
        rails, costs = limit_results(self.spec, self.label, cases, *both, terms)
        if any(cost.measure.startswith("latency") and not cost.passed for cost in costs):
            some = cases[-TIMED_MAX:]
            timed = await self._runner.time_in_turn(self.agent, self.baseline, candidate, some)
            rails, costs = limit_results(self.spec, self.label, cases, *both, terms, timed)
        return rails, costs

    async def incumbent(self, cases: Sequence[Case]) -> Replays:
        """What the baseline answered."""
        return await self.recorded_or_replayed(self.baseline, cases)

    async def recorded_or_replayed(self, bundle: Bundle, cases: Sequence[Case]) -> Replays:
        """What a config answered: recorded where the run was under it, else replayed."""
        recorded = {
            case.example_key: Replayed(output={self.label: case.answered})
            for case in cases
            if case.config_digest == bundle.digest and case.answered is not None
        }
        asked = [case for case in cases if case.example_key not in recorded]
        return {**recorded, **(await self.answers(bundle, asked) if asked else {})}
