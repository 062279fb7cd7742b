"""The alpha budget of a run: several tests on one sealed split, one promise over all of them.

The promise is on the family-wise error rate: the chance that a run accepts even one proposal that
is no improvement. Each p-value is only assumed to be valid by itself: P(p <= x) <= x when the
proposal is no improvement. Nothing is assumed of how the tests depend on each other, and they do:
they share one split.

**Policy `adaptive` (default).** A test at level l splits the budget B in two:

    refused: the next tests have B - l        accepted: the next tests have l

Guarantee: FWER <= budget, whatever mix of true and false improvements is proposed, when each
proposal may depend in any way on everything outside the sealed split and on the accept / refuse
bits of the tests before. Proof, by induction from the last test back. Fix all but the sealed split;
the proposals then form a tree, one node for each history of bits, fixed in advance. Let F be the
event that a node or one below it accepts a false improvement; to show: P(F) <= B at that node. If
the proposal is no improvement, F needs its own false acceptance (at most l) or one below the
refused branch (at most B - l). If it is one, F needs one below the refused (B - l) or below the
accepted branch (l). Both sums are B. The union bound is why no dependence can hurt.

An accepted level is returned, yet not the whole budget, since the miner has two futures to choose
between, and the sealed split decides which comes: each needs a budget of its own.

**Policy `fallback`** (Wiens, Pharm. Stat. 2:211, 2003; strong control: Wiens and Dmitrienko,
J. Biopharm. Stat. 15:929, 2005). Test k has budget / tests_max, plus the whole level of the test
before when that one was accepted. Guarantee: FWER <= budget when the order and content of the
proposals do not depend on sealed outcomes, for any mix of true and false ones. With proposals that
depend on the bits it still covers (a) the global null, as nothing is ever accepted until the error
itself, so the all-refused history is the only path to it and its levels add up to the budget; and
(b) the first acceptance of a run, for the same reason. It does not cover later false acceptances
once a true improvement was accepted and the miner chose what to propose by that bit: see
`tests/stats/test_alpha.py` for a case at 8.75 %.

Not covered by either: a miner that reads more of the sealed split than the bits, e.g. its p-values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Policy = Literal["adaptive", "fallback"]


@dataclass(frozen=True)
class Level:
    """What the next test is held to. `left` is the budget before it, its own level included."""

    test_number: int
    level: float
    left: float


@dataclass(frozen=True)
class AlphaBudget:
    """Levels as a pure function of the bits so far. `share` is the part of the rest per test."""

    budget: float = 0.05
    tests_max: int = 4
    policy: Policy = "adaptive"
    share: float = 0.8

    def __post_init__(self) -> None:
        if not 0 < self.budget < 1:
            raise ValueError(f"expected a budget between 0 and 1, came {self.budget}")
        if self.tests_max < 1:
            raise ValueError(f"expected tests_max of at least 1, came {self.tests_max}")
        if not 0 < self.share < 1:
            raise ValueError(f"expected a share between 0 and 1, came {self.share}")

    def level_after(self, accepted: Sequence[bool]) -> Level | None:
        """The level left after these outcomes, oldest first; None when every test is used."""
        if len(accepted) >= self.tests_max:
            return None
        left, carried = self._walk(accepted)
        level = self._level(len(accepted), left, carried)
        return Level(len(accepted) + 1, level, left)

    def spent_after(self, accepted: Sequence[bool]) -> float:
        """The part of the budget that no later test can use."""
        if len(accepted) > self.tests_max:
            raise ValueError(f"expected at most {self.tests_max} outcomes, came {len(accepted)}")
        return self.budget - self._walk(accepted)[0]

    def _walk(self, accepted: Sequence[bool]) -> tuple[float, float]:
        """The budget left and, for `fallback`, the level carried over from the last test."""
        left, carried = self.budget, 0.0
        for number, passed in enumerate(accepted):
            level = self._level(number, left, carried)
            carried = level if passed else 0.0
            if self.policy == "adaptive":
                left = level if passed else left - level
            elif not passed:
                left -= level
        return max(0.0, left), carried

    def _level(self, tests_before: int, left: float, carried: float) -> float:
        if self.policy == "fallback":
            return self.budget / self.tests_max + carried
        last = tests_before == self.tests_max - 1
        return left if last else left * self.share
