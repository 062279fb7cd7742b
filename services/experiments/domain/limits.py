"""Guardrails and costs together: what a candidate must keep, whatever it gains."""

from collections.abc import Sequence
from dataclasses import dataclass

from pawl_sdk.bundle import AgentSpec

from libs.contracts.events import CostResult, GuardrailResult
from services.experiments.domain.cases import Case
from services.experiments.domain.costs import cost_results, over_budget
from services.experiments.domain.guardrails import (
    broken,
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

    def passed_already(
        self, rails: Sequence[GuardrailResult], costs: Sequence[CostResult]
    ) -> tuple[str, ...]:
        """Limits that the plain figures of the lessons are already past."""
        return worse_than_margin(rails) + over_budget(costs)

    def broken(
        self, rails: Sequence[GuardrailResult], costs: Sequence[CostResult]
    ) -> tuple[str, ...]:
        """Limits that an accepted candidate does not keep."""
        return broken(rails) + over_budget(costs)


def limit_results(
    spec: AgentSpec,
    label: str,
    cases: Sequence[Case],
    baseline: Replays,
    candidate: Replays,
    terms: Limits,
) -> tuple[tuple[GuardrailResult, ...], tuple[CostResult, ...]]:
    """Errors, label guardrails and costs over all these cases."""
    rails = (
        error_guardrail(cases, baseline, candidate, terms.error_margin),
        *(label_guardrail(rail, label, cases, baseline, candidate) for rail in spec.guardrails),
    )
    costs = cost_results(cases, baseline, candidate, spec.cost, terms.latency_floor_ms)
    return rails, costs
