"""Operational cost per run: a gain that is bought too dearly does not pass."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from pawl_sdk.bundle import CostLimits

from libs.contracts.events import CostResult
from services.experiments.domain.cases import Case
from services.experiments.domain.replayed import Replayed, Replays

DEFAULT_LIMITS = CostLimits(latency_ms=1.5, tokens=1.5, tool_calls=1.5)


@dataclass(frozen=True)
class _Measure:
    name: str
    of: Callable[[Replayed], float]
    middle: Callable[[Sequence[float]], float]


_MEASURES = (
    # The median: one slow run of a busy machine says nothing of the config.
    _Measure("latency_ms", lambda replayed: replayed.latency_ms, median),
    _Measure("tokens", lambda replayed: replayed.tokens, fmean),
    _Measure("tool_calls", lambda replayed: replayed.tool_calls, fmean),
)


def cost_results(
    cases: Sequence[Case],
    baseline: Replays,
    candidate: Replays,
    limits: CostLimits | None,
    latency_floor_ms: float,
) -> tuple[CostResult, ...]:
    """One result for each limited measure. Latency that grew by less than the floor is noise."""
    declared = limits or DEFAULT_LIMITS
    results = []
    for measure in _MEASURES:
        ratio_max: float | None = getattr(declared, measure.name)
        if ratio_max is None or not cases:
            continue
        before = measure.middle([measure.of(baseline[case.example_key]) for case in cases])
        after = measure.middle([measure.of(candidate[case.example_key]) for case in cases])
        slack = latency_floor_ms if measure.name == "latency_ms" else 0.0
        results.append(
            CostResult(
                measure=measure.name,
                baseline=before,
                candidate=after,
                ratio_max=ratio_max,
                passed=after <= max(ratio_max * before, before + slack),
            )
        )
    return tuple(results)


def over_budget(results: Sequence[CostResult]) -> tuple[str, ...]:
    """A reason for each cost that passed its limit."""
    return tuple(
        f"cost: {one.measure} per run {one.baseline:.1f} before, {one.candidate:.1f} after, "
        f"allowed is {one.ratio_max:g} times"
        for one in results
        if not one.passed
    )
