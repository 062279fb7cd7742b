"""Answers that must never be given: one of them, where the incumbent gave none, refuses a change.

No event in n cases shows a rate of at most about 3 / n, and no more (the rule of three).
"""

from collections.abc import Sequence

from pawl_sdk.bundle.model import NeverEvent

from libs.contracts.events import GuardrailResult
from libs.stats.noninferiority import rate_bound
from services.experiments.domain.cases import Case
from services.experiments.domain.replayed import Replays


def never_results(
    never: Sequence[NeverEvent],
    label: str,
    cases: Sequence[Case],
    baseline: Replays,
    candidate: Replays,
) -> tuple[GuardrailResult, ...]:
    """One for each declared pair, over the cases in which the expected label was right.

    `baseline` and `candidate` are shares of cases without the event; `rate_max` is the highest
    rate that is not ruled out, over independent groups. `shown` when that is within `at_most`.
    """
    return tuple(_of(one, label, cases, baseline, candidate) for one in never)


def _of(
    event: NeverEvent, label: str, cases: Sequence[Case], baseline: Replays, candidate: Replays
) -> GuardrailResult:
    mine = [case for case in cases if case.expected == event.expected]
    before = [baseline[case.example_key].answer(label) == event.answered for case in mine]
    after = [candidate[case.example_key].answer(label) == event.answered for case in mine]
    fresh = [now and not was for was, now in zip(before, after, strict=True)]
    hit = {case.group for case, happened in zip(mine, after, strict=True) if happened}
    bound = rate_bound(len(hit), len({case.group for case in mine}))
    n = len(mine)
    return GuardrailResult(
        name=f"never {event.answered} where {event.expected} is right",
        n=n,
        margin=0.0,
        baseline=1 - sum(before) / n if n else 1.0,
        candidate=1 - sum(after) / n if n else 1.0,
        ci_low=-sum(fresh) / n if n else 0.0,
        passed=not any(fresh),
        shown=None if event.at_most is None else bound <= event.at_most,
        rate_max=bound,
    )


def happened(results: Sequence[GuardrailResult]) -> tuple[str, ...]:
    """A reason for each event that the incumbent did not have."""
    return tuple(
        f"{one.name}: it happened in {round(-one.ci_low * (one.n or 0))} of {one.n} cases in which "
        "the present config does not do it"
        for one in results
        if one.rate_max is not None and not one.passed
    )


def bounds(results: Sequence[GuardrailResult]) -> tuple[str, ...]:
    """What can be said of events that did not happen, for the reviewer."""
    return tuple(
        f"{one.name}: not seen anew in {one.n} cases; a rate of up to {one.rate_max:.1%} is not "
        "ruled out"
        for one in results
        if one.rate_max is not None and one.passed
    )
