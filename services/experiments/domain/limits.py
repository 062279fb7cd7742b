"""Guardrails and costs together: what a candidate must keep, whatever it gains."""

from collections.abc import Sequence
from dataclasses import dataclass

from pawl_sdk.bundle import AgentSpec

from libs.contracts.events import CostResult, GuardrailResult
from services.experiments.domain.cases import Case
from services.experiments.domain.costs import answer_costs, cost_results, over_budget
from services.experiments.domain.guardrails import (
    broken,
    error_guardrail,
    label_guardrail,
    not_yet_shown,
    recall_guardrails,
)
from services.experiments.domain.never_events import bounds, happened, never_results
from services.experiments.domain.replayed import Replays


@dataclass(frozen=True)
class Limits:
    """The operator's own terms, beside those in agent.yaml."""

    error_margin: float
    latency_floor_ms: float

    def passed_already(
        self, rails: Sequence[GuardrailResult], costs: Sequence[CostResult]
    ) -> tuple[str, ...]:
        """Limits that the lessons are already past."""
        return self.broken(rails, costs)

    def broken(
        self, rails: Sequence[GuardrailResult], costs: Sequence[CostResult]
    ) -> tuple[str, ...]:
        """Limits that a candidate does not keep: each refuses it."""
        shares = [rail for rail in rails if rail.rate_max is None]
        return happened(rails) + broken(shares) + over_budget(costs)

    def notes(self, rails: Sequence[GuardrailResult]) -> tuple[str, ...]:
        """What holds as far as can be seen, for the reviewer: it refuses nothing."""
        return not_yet_shown(rails) + bounds(rails)


def limit_results(
    spec: AgentSpec,
    label: str,
    cases: Sequence[Case],
    baseline: Replays,
    candidate: Replays,
    terms: Limits,
    timed: tuple[Replays, Replays] | None = None,
) -> tuple[tuple[GuardrailResult, ...], tuple[CostResult, ...]]:
    """Errors, declared and automatic guardrails, never-events and costs over all these cases."""
    rails = (
        error_guardrail(cases, baseline, candidate, terms.error_margin),
        *(label_guardrail(rail, label, cases, baseline, candidate) for rail in spec.guardrails),
        *recall_guardrails(label, cases, baseline, candidate),
        *never_results(spec.never, label, cases, baseline, candidate),
    )
    costs = cost_results(cases, baseline, candidate, spec.cost, terms.latency_floor_ms, timed)
    if spec.task is not None:
        costs += answer_costs(spec.task, cases, baseline, candidate)
    return rails, costs
