"""The level of each test of an agent's life: one promise over all changes ever promoted.

A test is opened at level `alpha x share x (1 + promotions known at its opening)`. Its share may
depend on all that is known then; the shares of all tests add up to at most 1. This is LOND
(Javanmard and Montanari, Ann. Stat. 46:526, 2018) with shares chosen along the way and with tests
that overlap in time (Zrnic, Ramdas and Jordan, J. Mach. Learn. Res. 22:33, 2021); for e-values it
is e-LOND (Xu and Ramdas, AISTATS 2024), which needs no independence either.

What each test has to keep: P(it promotes | all that was known when it was opened) <= level,
whenever its claim is false.

Promise 1: the expected share of false ones among all promotions is at most alpha. Proof: let D be
the number of promotions in the end, R_j the event that test j promotes, D_j what was known at its
opening. On R_j, D >= D_j + 1, since j's own promotion was not known when j was opened. So

    E[false / max(D, 1)] = sum over false j of E[1{R_j} / D]
                        <= E[sum 1{R_j} / (D_j + 1)] <= E[sum level_j / (D_j + 1)]
                         = E[sum alpha x share_j] <= alpha.

Tests may share reviews, overlap and depend on each other in any way; what is proposed next may
depend on every figure, since reviews that come later exist for nobody yet.

Promise 2: while nothing helps, P(any promotion ever) <= alpha: D is then 0 until the first false
one, so the levels up to it add up to at most alpha (union bound).

A test that ended before any review could count for or against it gives its share back: it could
not have promoted, and the one after it is the first to use the share. (Think of a test as opened
at the first review that counts: its level holds given all that is known then, too.)

The shares: the first test of a life is dear, since it has to carry a young agent. After it each
procedure test takes a third of what is left, and each exact one a part that shrinks with their
number, so that the rest never runs out; promotions, which multiply levels, make up for it. Until
the first procedure test a part is kept for it. No level rises above a cap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Lane = Literal["procedure", "exact"]
Outcome = Literal["open", "accepted", "refused", "unused"]


@dataclass(frozen=True)
class LifetimeTerms:
    """Shares: what a life begins with, by lane, and what exact tests leave to the first procedure.

    Tuned so that +10 points (12 % wins, 2 % losses) as first candidate are accepted within 150
    reviews in nine of ten cases, and that a backlog of 130 reviews can carry what it teaches:
    docs/acceptance.md.
    """

    alpha: float = 0.05
    exact_first: float = 0.72
    procedure_first: float = 0.4
    procedure_kept: float = 0.14

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise ValueError(f"expected an alpha between 0 and 1, came {self.alpha}")
        if min(self.exact_first, self.procedure_first, self.procedure_kept) <= 0:
            raise ValueError("expected shares above 0")
        if max(self.exact_first + self.procedure_kept, self.procedure_first) >= 1:
            raise ValueError("expected shares that leave some of 1 to later tests")

    def first(self, lane: Lane) -> float:
        """The share of a test that is the first of a life."""
        return self.exact_first if lane == "exact" else self.procedure_first


@dataclass(frozen=True)
class Spent:
    """An earlier test, as known when the next is opened.

    `unused` ended before any review counted: no win and no loss was seen by it.
    """

    lane: Lane
    share: float
    outcome: Outcome


@dataclass(frozen=True)
class Grant:
    """What the next test is held to. `share` belongs into the ledger, beside the level.

    `number` counts the tests of the lane, `promotions` those known; `left` is the part of 1 that
    no test has used, this one's not included.
    """

    level: float
    share: float
    number: int
    promotions: int
    left: float


def next_level(lane: Lane, tests: Sequence[Spent], terms: LifetimeTerms | None = None) -> Grant:
    """The level of the next test of a lane, after these tests of both lanes, in any order.

    Raises ValueError when the earlier shares add up to more than 1.
    """
    terms = terms or LifetimeTerms()
    used = [test for test in tests if test.outcome != "unused"]
    left = 1 - sum(test.share for test in used)
    if left < -1e-9:
        raise ValueError(f"expected shares that add up to at most 1, came {1 - left}")
    promotions = sum(test.outcome == "accepted" for test in used)
    number = sum(test.lane == lane for test in used) + 1
    cap = terms.exact_first / (1 + promotions)
    share = min(cap, _offered(lane, used, max(0.0, left), terms))
    level = terms.alpha * share * (1 + promotions)
    return Grant(level, share, number, promotions, max(0.0, left - share))


def _offered(lane: Lane, used: Sequence[Spent], left: float, terms: LifetimeTerms) -> float:
    """The most that the next test may take of what is left."""
    if not used:
        return terms.first(lane)
    begun = {test.lane for test in used}
    kept = 0.0 if "procedure" in begun else min(left, terms.procedure_kept)
    if lane == "procedure":
        return max(kept, left / 3)
    # With these parts what is left after k of them falls like 1 / k: it never runs out.
    return (left - kept) / (sum(test.lane == "exact" for test in used) + 3)
