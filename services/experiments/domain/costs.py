"""Cost per run: a gain that is bought too dearly does not pass.

Latency is compared case by case, both arms timed in turn: a slow machine slows both. It is worse
only when the figures are past the limit *and* the order of the timings says that this is no
accident, for the median (sign test) as for the tail (order statistics). Tokens and calls of tools
have no such noise. What wrong answers cost (`task.costs`) must not be shown to have grown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from pawl_sdk.bundle import CostLimits, Task
from scipy.stats import binom

from libs.contracts.events import CostResult
from libs.stats.noninferiority import sign_flip_p_value, tail_p_value
from services.experiments.domain.cases import Case
from services.experiments.domain.replayed import Replayed, Replays

DEFAULT_LIMITS = CostLimits(latency_ms=1.5, tokens=1.5, tool_calls=1.5)
LEVEL = 0.05
TAIL = 0.95
ANSWER_COST = "answer_cost"


@dataclass(frozen=True)
class _Timings:
    """Of both arms, case by case, in milliseconds."""

    before: Sequence[float]
    after: Sequence[float]
    ratio_max: float
    floor_ms: float

    def allowed(self, value: float) -> float:
        return max(self.ratio_max * value, value + self.floor_ms)

    def median_result(self) -> CostResult:
        """Past its limit, and most pairs are past theirs."""
        before, after = median(self.before), median(self.after)
        pairs = zip(self.before, self.after, strict=True)
        slower = sum(now > self.allowed(was) for was, now in pairs)
        chance = float(binom.sf(slower - 1, len(self.before), 0.5))
        worse = after > self.allowed(before) and chance <= LEVEL
        return _cost("latency_ms", before, after, self.ratio_max, worse)

    def tail_result(self) -> CostResult:
        """Past its limit, and more of the slow runs are than chance explains."""
        before, after = _quantile(self.before), _quantile(self.after)
        chance = tail_p_value([self.allowed(one) for one in self.before], self.after, TAIL)
        worse = after > self.allowed(before) and chance <= LEVEL
        return _cost("latency_p95_ms", before, after, self.ratio_max, worse)


def cost_results(
    cases: Sequence[Case],
    baseline: Replays,
    candidate: Replays,
    limits: CostLimits | None,
    latency_floor_ms: float,
    timed: tuple[Replays, Replays] | None = None,
) -> tuple[CostResult, ...]:
    """One result for each limited measure. Latency that grew by less than the floor is noise.

    `timed` are runs of some of the cases under both configs in turn: then only they are timed.
    """
    declared = limits or DEFAULT_LIMITS
    if not cases:
        return ()
    pairs = [(baseline[one.example_key], candidate[one.example_key]) for one in cases]
    results: list[CostResult] = []
    tail = declared.latency_p95_ms or declared.latency_ms
    times = _times((_paired(*timed) if timed else []) or pairs)
    if declared.latency_ms is not None:
        results.append(_Timings(*times, declared.latency_ms, latency_floor_ms).median_result())
    if tail is not None:
        results.append(_Timings(*times, tail, latency_floor_ms).tail_result())
    if declared.tokens is not None:
        results.append(_mean("tokens", pairs, lambda one: one.tokens, declared.tokens))
    if declared.tool_calls is not None:
        results.append(_mean("tool_calls", pairs, lambda one: one.tool_calls, declared.tool_calls))
    return tuple(results)


def _paired(before: Replays, after: Replays) -> list[tuple[Replayed, Replayed]]:
    return [(before[key], after[key]) for key in before if key in after]


def _times(pairs: Sequence[tuple[Replayed, Replayed]]) -> tuple[list[float], list[float]]:
    return [one.latency_ms for one, _ in pairs], [one.latency_ms for _, one in pairs]


def answer_costs(
    task: Task, cases: Sequence[Case], baseline: Replays, candidate: Replays
) -> tuple[CostResult, ...]:
    """The mean cost of an answer by `task.costs`, as traffic weighs it; nothing without them.

    Worse when the growth, summed by independent groups, is none that coins would show (5 %).
    """
    if not task.costs or not cases:
        return ()
    before, after = [], []
    grown: dict[str, float] = {}
    for case in cases:
        was, now = (_answer_cost(task, case, replays) for replays in (baseline, candidate))
        before.append(was)
        after.append(now)
        grown[case.group] = grown.get(case.group, 0.0) + now - was
    worse = sign_flip_p_value(list(grown.values())) <= LEVEL
    return (_cost(ANSWER_COST, fmean(before), fmean(after), 1.0, worse),)


def over_budget(results: Sequence[CostResult]) -> tuple[str, ...]:
    """A reason for each cost that passed its limit."""
    return tuple(_over(one) for one in results if not one.passed)


def _over(one: CostResult) -> str:
    if one.measure == ANSWER_COST:
        return (
            f"cost: what wrong answers cost per run is shown to grow, from {one.baseline:.2f} to "
            f"{one.candidate:.2f}"
        )
    return (
        f"cost: {one.measure} per run {one.baseline:.1f} before, {one.candidate:.1f} after, "
        f"allowed is {one.ratio_max:g} times"
    )


def _answer_cost(task: Task, case: Case, replays: Replays) -> float:
    answer = replays[case.example_key].answer(task.label)
    return task.cost_of(str(case.expected), None if answer is None else str(answer))


def _mean(
    name: str,
    pairs: Sequence[tuple[Replayed, Replayed]],
    of: Callable[[Replayed], float],
    ratio_max: float,
) -> CostResult:
    before, after = fmean(of(one) for one, _ in pairs), fmean(of(one) for _, one in pairs)
    return _cost(name, before, after, ratio_max, after > ratio_max * before)


def _cost(name: str, before: float, after: float, ratio_max: float, worse: bool) -> CostResult:
    return CostResult(
        measure=name, baseline=before, candidate=after, ratio_max=ratio_max, passed=not worse
    )


def _quantile(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[min(int(TAIL * len(ordered)), len(ordered) - 1)]
