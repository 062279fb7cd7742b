"""Guardrails and costs together: what a candidate must keep, whatever it gains."""

from collections.abc import Sequence
from dataclasses import dataclass

from pawl_sdk.bundle import AgentSpec

from libs.contracts.events import CostResult, GuardrailResult
from services.experiments.domain.cases import Cases, group_count
from services.experiments.domain.costs import cost_results, over_budget
from services.experiments.domain.guardrails import (
    ERRORS,
    cannot_be_shown,
    error_guardrail,
    label_guardrail,
    worse_than_margin,
)
from services.experiments.domain.replayed import Replays


@dataclass(frozen=True)
class Limits:
    """The operator's own terms, beside those in agent.yaml."""

    error_margin: float
    latency_floor_ms: float

    def cannot_be_shown(self, spec: AgentSpec, cases: Cases) -> tuple[str, ...]:
        """Guardrails with too few examples to pass even if nothing changed."""
        held_out = group_count(cases.held_out)
        wanted = [(ERRORS, self.error_margin, group_count(cases.all))]
        wanted += [(rail.name, rail.margin, held_out) for rail in spec.guardrails]
        found = (cannot_be_shown(name, margin, n) for name, margin, n in wanted)
        return tuple(reason for reason in found if reason)

    def passed_already(
        self, rails: Sequence[GuardrailResult], costs: Sequence[CostResult]
    ) -> tuple[str, ...]:
        """Limits that the plain figures of the open splits are already past."""
        return worse_than_margin(rails) + over_budget(costs)


def limit_results(
    spec: AgentSpec, label: str, cases: Cases, baseline: Replays, candidate: Replays, terms: Limits
) -> tuple[tuple[GuardrailResult, ...], tuple[CostResult, ...]]:
    """Errors and costs over all cases, label guardrails over those that the miner never read."""
    rails = (
        error_guardrail(cases.all, baseline, candidate, terms.error_margin),
        *(
            label_guardrail(rail, label, cases.held_out, baseline, candidate)
            for rail in spec.guardrails
        ),
    )
    costs = cost_results(cases.all, baseline, candidate, spec.cost, terms.latency_floor_ms)
    return rails, costs
