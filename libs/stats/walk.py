"""A sequential exact test of wins against losses: when to accept, when to give up, when to wait.

Pairs that differ are the steps of a walk. Without a gain each step is a win with a chance of at
most 1/2, whatever came before. The boundary spends the level over the steps (Lan and DeMets,
Biometrika 70:659, 1983) and is computed exactly, step by step, so that the chance of ever
crossing it is at most the level: looking after every step and stopping at any time are paid for.

The spending is tuned for a gain that shows after some 20 steps at the usual level (12 % wins and
2 % losses, see `tests/stats/test_walk.py`), and keeps a tenth of the level for weaker gains that
need longer. Smaller levels stretch it, since what they ask for grows like log(1 / level).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

STEPS_MAX = 1000
"""Pairs that differ, after which a test ends without acceptance."""
MAIN_STEPS = 5.4
"""Steps by which the main part of the level is spent, times log(1 / level)."""
MAIN_POWER = 2.0
TAIL = 0.1
"""The part of the level for the steps after those."""
HOPELESS = 0.02
HOPELESS_STEPS_MIN = 8
NEVER = STEPS_MAX + 2


@dataclass(frozen=True)
class Boundary:
    """By number of steps: the fewest wins that are accepted, the most that are hopeless.

    `spent` is the exact chance, at 1/2, to have been accepted by then.
    """

    level: float
    accept: tuple[int, ...]
    hopeless: tuple[int, ...]
    spent: tuple[float, ...]

    def accepts(self, wins: int, losses: int) -> bool:
        """Whether the walk is at or above the boundary."""
        steps = wins + losses
        return steps <= STEPS_MAX and wins >= self.accept[steps]

    def wins_more(self, wins: int, losses: int) -> int | None:
        """How many wins in a row from here are accepted; None when there is no room for them."""
        room = range(STEPS_MAX + 1 - wins - losses)
        return next((more for more in room if self.accepts(wins + more, losses)), None)

    def gives_up(self, wins: int, losses: int) -> bool:
        """Whether hardly any future is accepted. May be ignored: giving up accepts nothing."""
        steps = wins + losses
        return steps >= STEPS_MAX or wins <= self.hopeless[steps]


@lru_cache(maxsize=1024)
def boundary(level: float) -> Boundary:
    """The boundary of a level; equal levels give equal boundaries."""
    if not 0 < level < 1:
        raise ValueError(f"expected a level between 0 and 1, came {level}")
    allowed = level * _spending(level)
    accept, spent = [NEVER], [0.0]
    alive = np.zeros(STEPS_MAX + 2)
    alive[0] = 1.0
    for steps in range(1, STEPS_MAX + 1):
        alive = _step(alive, 0.5)
        from_top = np.cumsum(alive[steps::-1])
        # Rounded down a little: sums of floats must not spend more than is allowed.
        taken = int(np.searchsorted(from_top, (allowed[steps] - spent[-1]) * (1 - 1e-9), "right"))
        accept.append(steps - taken + 1 if taken else NEVER)
        spent.append(spent[-1] + (float(from_top[taken - 1]) if taken else 0.0))
        alive[steps - taken + 1 :] = 0.0
    return Boundary(level, tuple(accept), _hopeless(accept, level), tuple(spent))


def chance_to_accept(level: float, win_chance: float) -> NDArray[np.float64]:
    """By number of steps: the exact chance to be accepted by then, without giving up."""
    accept = boundary(level).accept
    alive = np.zeros(STEPS_MAX + 2)
    alive[0] = 1.0
    accepted = np.zeros(STEPS_MAX + 1)
    for steps in range(1, STEPS_MAX + 1):
        alive = _step(alive, win_chance)
        accepted[steps] = alive[accept[steps] :].sum()
        alive[accept[steps] :] = 0.0
    return np.cumsum(accepted)


def stagewise_p(level: float, wins: int, losses: int) -> float:
    """P value of a walk that was accepted at this point: at most the level.

    The chance, at 1/2, to be accepted earlier or as clearly at the same step (stage-wise order:
    Fairbanks and Madsen, Biometrika 69:69, 1982; Tsiatis et al., Biometrics 40:797, 1984).
    """
    found, steps = boundary(level), wins + losses
    if not found.accepts(wins, losses):
        raise ValueError(f"expected an accepted walk, came {wins} wins and {losses} losses")
    alive = np.zeros(STEPS_MAX + 2)
    alive[0] = 1.0
    for step in range(1, steps + 1):
        alive = _step(alive, 0.5)
        if step < steps:
            alive[found.accept[step] :] = 0.0
    return float(min(level, found.spent[steps - 1] + alive[wins:].sum()))


def _step(alive: NDArray[np.float64], win_chance: float) -> NDArray[np.float64]:
    """Wins after one more step, from wins before."""
    after = alive * (1 - win_chance)
    after[1:] += alive[:-1] * win_chance
    return after


def _spending(level: float) -> NDArray[np.float64]:
    """The part of the level that may be spent by each step; 1 at the last."""
    steps = np.arange(STEPS_MAX + 1)
    main = min(float(STEPS_MAX // 2), max(4.0, MAIN_STEPS * -np.log(level)))
    early = np.minimum(1.0, (steps / main) ** MAIN_POWER)
    late = np.clip(np.log(np.maximum(steps, 1) / main) / np.log(STEPS_MAX / main), 0.0, 1.0)
    parts: NDArray[np.float64] = (1 - TAIL) * early + TAIL * late
    return parts


def _hopeless(accept: list[int], level: float) -> tuple[int, ...]:
    """By predictive power: each step counts as a win by Laplace's rule (wins + 1) / (steps + 2).

    Looks ahead to three times the steps so far, in stages, so that weak gains may go on.
    """
    most = [-1] * (STEPS_MAX + 1)
    ahead = int(max(24.0, 3 * MAIN_STEPS * -np.log(level)))
    first = 0
    while first <= STEPS_MAX:
        ahead = min(ahead, STEPS_MAX)
        last = STEPS_MAX if ahead == STEPS_MAX else ahead // 3
        for steps, count in _below(accept, first, last, ahead):
            most[steps] = count
        first, ahead = last + 1, ahead * 3
    return tuple(most)


def _below(accept: list[int], first: int, last: int, ahead: int) -> list[tuple[int, int]]:
    """For each step from `first` to `last`, the most wins whose chance by `ahead` is hopeless."""
    chance = (np.arange(ahead + 1) >= accept[ahead]).astype(float)
    found = []
    for steps in range(ahead - 1, first - 1, -1):
        win = (np.arange(steps + 1) + 1) / (steps + 2)
        chance = win * chance[1 : steps + 2] + (1 - win) * chance[: steps + 1]
        chance[accept[steps] :] = 1.0
        if HOPELESS_STEPS_MIN <= steps <= last:
            found.append((steps, int((chance < HOPELESS).sum()) - 1))
    return found
