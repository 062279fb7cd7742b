"""Guardrails and costs in words: what came, what is allowed, and why that passes."""

from collections.abc import Mapping

from libs.contracts.events import CostResult, GuardrailResult
from libs.stats.figures import percent, points

_MEASURES: Mapping[str, str] = {
    "latency_ms": "Latency",
    "latency_p95_ms": "Latency, slowest 5 %",
    "tokens": "Tokens",
    "answer_cost": "Cost of answers",
    "tool_calls": "Tool calls",
}


def guarded(rail: GuardrailResult) -> str:
    """`97.0 % before, 97.5 % after; at worst −0.4 points, allowed −2.0`, without its name."""
    told = (
        f"{percent(rail.baseline)} before, {percent(rail.candidate)} after; "
        f"at worst {points(rail.ci_low)} points, allowed {points(-rail.margin)}"
    )
    if rail.rate_max is not None:
        told += f"; it may still happen in up to {percent(rail.rate_max)} of the runs"
    return told


def rail_state(rail: GuardrailResult) -> str:
    """`held`, `broken`, or that there are too few examples to say."""
    if not rail.passed:
        return "broken"
    return "not broken, too few examples to show that it holds" if rail.shown is False else "held"


def measure(cost: CostResult) -> str:
    """`Latency`; a name that is not known as it came."""
    return _MEASURES.get(cost.measure, cost.measure)


def spent(cost: CostResult) -> str:
    """`1.03 times, allowed 1.5 times`, without the measure."""
    grown, allowed = f"{_times(cost)} times", f"allowed {cost.ratio_max:g} times"
    if cost.candidate > 0 and cost.baseline == 0:
        grown = f"{cost.candidate:.1f} a run, none before"
    if cost.passed and cost.candidate > cost.ratio_max * cost.baseline:
        more = cost.candidate - cost.baseline
        allowed += f" or a growth too small to tell from noise, as these {more:.0f} ms are"
    return f"{grown}, {allowed}"


def _times(cost: CostResult) -> str:
    return f"{cost.candidate / cost.baseline if cost.baseline else 1.0:.2f}"
