"""Candidate against baseline on the same cases."""

from collections.abc import Sequence

from libs.contracts.events import Flip, PairedResult
from libs.stats.paired import Pair, compare
from services.experiments.domain.cases import Case
from services.experiments.domain.replayed import Replays, is_correct


def paired_result(
    cases: Sequence[Case], baseline: Replays, candidate: Replays, label: str
) -> PairedResult:
    """All figures of the comparison, with the exact one-sided p-value."""
    figures = compare(
        Pair(case.group, is_correct(case, baseline, label), is_correct(case, candidate, label))
        for case in cases
    )
    return PairedResult(
        n=figures.n,
        baseline_correct=figures.baseline_correct,
        candidate_correct=figures.candidate_correct,
        wins=figures.wins,
        losses=figures.losses,
        gain=figures.gain,
        ci_low=figures.interval.low,
        ci_high=figures.interval.high,
        p_value=figures.p_value,
        groups=figures.groups,
        group_wins=figures.group_wins,
        group_losses=figures.group_losses,
    )


def flips(
    cases: Sequence[Case], baseline: Replays, candidate: Replays, label: str
) -> tuple[Flip, ...]:
    """Cases whose correctness changed."""
    return tuple(
        Flip(
            example_key=case.example_key,
            trace_id=case.trace_id,
            expected=case.expected,
            before=baseline[case.example_key].answer(label),
            after=candidate[case.example_key].answer(label),
        )
        for case in cases
        if is_correct(case, baseline, label) != is_correct(case, candidate, label)
    )
