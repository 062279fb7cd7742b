"""One candidate's exact test, drawn at once instead of review by review.

`tests/libs/acceptance/test_lifetimes.py` holds it to the library's own test, step by step.
"""

from dataclasses import dataclass

import numpy as np

from libs.stats import walk

Rng = np.random.Generator


@dataclass(frozen=True)
class Candidate:
    """What it truly does, per review: chances of a win and of a loss."""

    win: float
    loss: float

    @property
    def helps(self) -> bool:
        return self.win > self.loss


@dataclass(frozen=True)
class Trial:
    """How a test went: all gains in order, those up to its end counted in `n`."""

    gains: np.ndarray
    n: int
    wins: int
    losses: int
    verdict: str
    """accept, refuse, or wait when the reviews ran out or the miner took it back."""


def draw_gains(rng: Rng, candidate: Candidate, reviews: int) -> np.ndarray:
    """-1, 0 or 1 for each review."""
    draws = rng.random(reviews)
    lost = draws >= 1 - candidate.loss
    return (draws < candidate.win).astype(int) - lost.astype(int)


def run_trial(gains: np.ndarray, level: float, behind_max: int | None = None) -> Trial:
    """The exact test on these gains; the miner takes it back when it is behind by so many."""
    places = np.flatnonzero(gains)[: walk.STEPS_MAX]
    won = np.cumsum(gains[places] > 0)
    steps = np.arange(1, len(places) + 1)
    found = walk.boundary(level)
    accepts = won >= np.array(found.accept)[steps]
    gives_up = won <= np.array(found.hopeless)[steps]
    taken_back = np.zeros(len(steps), bool)
    if behind_max is not None:
        taken_back = steps - 2 * won >= behind_max
    ends = np.flatnonzero(accepts | gives_up | taken_back)
    if not len(ends):
        wins = int(won[-1]) if len(won) else 0
        return Trial(gains, len(gains), wins, len(places) - wins, "wait")
    end = int(ends[0])
    verdict = "accept" if accepts[end] else "refuse" if gives_up[end] else "wait"
    wins = int(won[end])
    return Trial(gains, int(places[end]) + 1, wins, end + 1 - wins, verdict)
