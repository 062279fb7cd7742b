"""What so many reviews can show. Pure arithmetic, so that everybody can plan with it."""

import numpy as np
from scipy.stats import binom

from libs.stats.walk import chance_to_accept


def chance_within(reviews: int, win_rate: float, loss_rate: float, level: float) -> float:
    """Exact chance that the sequential test of `walk.py` accepts within so many reviews.

    The rates are those per review; 1,000 pairs that differ at most are looked at.
    """
    if min(win_rate, loss_rate) < 0 or win_rate + loss_rate > 1 + 1e-12:
        raise ValueError(
            f"expected rates of at least 0 with a sum of at most 1, came {win_rate}, {loss_rate}"
        )
    differing = min(1.0, win_rate + loss_rate)
    if reviews == 0 or differing == 0:
        return 0.0
    by_step = chance_to_accept(level, win_rate / (win_rate + loss_rate))
    steps = np.arange(reviews + 1)
    chances = by_step[np.minimum(steps, len(by_step) - 1)]
    return float(min(1.0, np.sum(binom.pmf(steps, reviews, differing) * chances)))


def reviews_needed(win_rate: float, loss_rate: float, level: float, power: float = 0.8) -> int:
    """The fewest reviews within which it accepts with this chance; ValueError beyond 20,000."""
    high = 1
    while chance_within(high, win_rate, loss_rate, level) < power:
        high *= 2
        if high > 20_000:
            raise ValueError(f"20,000 reviews do not show {win_rate} wins against {loss_rate}")
    low = high // 2
    while low + 1 < high:
        middle = (low + high) // 2
        if chance_within(middle, win_rate, loss_rate, level) < power:
            low = middle
        else:
            high = middle
    return high
