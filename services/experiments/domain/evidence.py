"""From what two configs answered to the figures of a test, for people."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.acceptance.exact import ExactTest
from libs.contracts.events import EvidenceResult
from services.experiments.domain.cases import Case
from services.experiments.domain.replayed import Replays, is_correct


@dataclass(frozen=True)
class TestTerms:
    """What was fixed when a test was opened."""

    __test__ = False  # no class of tests, whatever its name

    test_number: int
    level: float
    budget: float
    promoted_before: int
    from_position: int


@dataclass(frozen=True)
class Exact:
    """An exact test, and the reviews that it took."""

    test: ExactTest
    evidence: EvidenceResult


def gains_of(cases: Sequence[Case], arms: tuple[Replays, Replays], label: str) -> list[int]:
    """By case: 1 when only the second arm is right, -1 when only the first is, else 0."""
    before, after = arms
    return [
        int(is_correct(case, after, label)) - int(is_correct(case, before, label)) for case in cases
    ]


def exact_test(
    terms: TestTerms,
    groups_before: Sequence[str],
    fresh: Sequence[Case],
    arms: tuple[Replays, Replays],
    label: str,
) -> Exact:
    """Every fresh review in the order of the log, until the test decides.

    `groups_before` has one entry for each review before the test was opened; `arms` are what
    incumbent and candidate answered.
    """
    test = ExactTest.opened(terms.level, groups_before)
    incumbent_right = candidate_right = 0
    through = terms.from_position
    for case in fresh:
        if test.decision != "wait":
            break
        before, after = (is_correct(case, arm, label) for arm in arms)
        test.observe(case.group, int(after) - int(before))
        incumbent_right += before
        candidate_right += after
        through = case.position
    return Exact(test, _evidence(terms, test, incumbent_right, candidate_right, through))


def _evidence(
    terms: TestTerms, test: ExactTest, incumbent: int, candidate: int, through: int
) -> EvidenceResult:
    figures = test.figures()
    return EvidenceResult(
        kind="exact",
        test_number=terms.test_number,
        level=terms.level,
        budget=terms.budget,
        promoted_before=terms.promoted_before,
        n=figures.n,
        groups=len(test.seen),
        baseline_correct=incumbent,
        candidate_correct=candidate,
        wins=figures.wins,
        losses=figures.losses,
        gain=figures.gain,
        ci_low=figures.interval.low,
        ci_high=figures.interval.high,
        e_value=figures.e_value,
        p_value=figures.p_value,
        from_position=terms.from_position,
        through_position=through,
    )
