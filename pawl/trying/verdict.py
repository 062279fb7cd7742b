"""What the figures say, in sentences. Nothing is promised that no test has shown."""

from collections.abc import Iterator

from libs.stats.figures import percent, plural, points
from pawl.trying.plain_text import quoted
from pawl.trying.result import Result, Share, Waiting

FEW_REVIEWS = 60
NOISE = 1.96
PROMISE = (
    "While nothing that is learned helps, the chance that anything is ever promoted stays under "
    "5 %; of all promotions at most 5 % are expected to be false."
)
KINDS = {
    "exact": "this very list, on reviews that came after it was frozen",
    "procedure": "learning like this, on reviews that came after each draft",
}


def verdict(result: Result) -> str:
    """One sentence on top of everything."""
    whole = result.whole
    if whole.recorded.right == result.n:
        return f"The agent agreed with all {result.n} reviews: there is nothing to learn."
    if result.promotions:
        half = result.half
        return (
            f"Proved: {plural(len(result.rules), 'rule')}. On the last half of the reviews the "
            f"agent agreed with {percent(half.recorded.rate)}, with what Pawl would have served "
            f"{percent(half.served.rate)} ({points(half.gain)} points), each scored before it was "
            "learned from."
        )
    if result.candidate:
        return (
            f"Nothing could be proved from these {plural(result.n, 'review')}. The newest draft "
            f"has {plural(len(result.candidate), 'rule')}: a guess, which Pawl would not serve."
        )
    return (
        f"Nothing was learned from these {plural(result.n, 'review')}: no rule over these facts "
        "explains the corrections better than chance."
    )


def outlook(result: Result) -> tuple[str, ...]:
    """What more reviews would buy, and what else would help."""
    if result.whole.recorded.right == result.n:
        return ("Reviews in which the agent is wrong are what rules are learned from.",)
    return (*_waiting(result), *_trend(result), *_advice(result))


def _waiting(result: Result) -> Iterator[str]:
    for one in result.waiting:
        test = one.test
        if not test.n:
            yield f"The {test.kind} test was opened after the last review."
            continue
        told = f"{plural(test.wins, 'win')} and {test.losses} lost in {plural(test.n, 'review')}"
        yield f"The {test.kind} test that is open has {told}: {_needs(one)}."


def _needs(one: Waiting) -> str:
    if one.further is not None:
        return f"if these rates hold, it passes after about {one.further:,} more"
    if one.test.wins <= one.test.losses:
        return "so far the newest draft is no better than what is served"
    return "at these rates it does not pass, however many more come"


def _trend(result: Result) -> Iterator[str]:
    drafted = [one.learner for one in result.windows if one.learner is not None]
    if len(drafted) < 3:
        return
    third = len(drafted) // 3
    before, last = _joined(drafted[-2 * third : -third]), _joined(drafted[-third:])
    told = f"{percent(before[0])}, then {percent(last[0])}"
    change, noise = last[0] - before[0], NOISE * (before[1] + last[1]) ** 0.5
    if change > noise:
        yield f"The newest draft still gets better with reviews ({told}): more of them would help."
    elif change < -noise:
        yield f"The newest draft got worse of late ({told}): the cases or the reviewers changed."
    else:
        yield f"The newest draft has levelled off, as far as chance lets one see ({told})."


def _joined(shares: list[Share]) -> tuple[float, float]:
    """Rate and its variance; a rate of 0 or 1 is not taken for certain."""
    right, n = sum(one.right for one in shares), sum(one.n for one in shares)
    rate = (right + 1) / (n + 2)
    return right / max(1, n), rate * (1 - rate) / max(1, n)


def _advice(result: Result) -> Iterator[str]:
    log = result.log
    if result.n < FEW_REVIEWS:
        yield f"{plural(result.n, 'review')} are few: most tests need some {FEW_REVIEWS} or more."
    if log.unreviewed:
        yield (
            f"{plural(log.unreviewed, 'row')} without an entry in {quoted(log.roles.expected)} "
            "would count as soon as somebody reviews them."
        )
    if not result.candidate and not log.roles.reason:
        yield "Reviewers' reasons (--reason) make rules cheaper to find."
