"""What n examples or reviews can show. Pure arithmetic, so that everybody can plan with it."""

from functools import lru_cache

import numpy as np
from scipy.stats import betabinom, binom

from libs.stats.paired import mcnemar_one_sided, wins_needed
from libs.stats.walk import chance_to_accept


def power_of_paired_test(n_sealed: int, win_rate: float, loss_rate: float, level: float) -> float:
    """Exact chance that the one-sided McNemar test passes, at these true rates per example."""
    if min(win_rate, loss_rate) < 0 or win_rate + loss_rate > 1 + 1e-12:
        raise ValueError(
            f"expected rates of at least 0 with a sum of at most 1, came {win_rate}, {loss_rate}"
        )
    discordant_rate = min(1.0, win_rate + loss_rate)
    if n_sealed == 0 or discordant_rate == 0:
        return 0.0
    discordant = np.arange(n_sealed + 1)
    weights = binom.pmf(discordant, n_sealed, discordant_rate)
    thresholds = np.array(_critical_wins(n_sealed, level))
    passes = binom.sf(thresholds - 1, discordant, win_rate / (win_rate + loss_rate))
    return float(min(1.0, np.sum(weights * passes)))


def assurance_of_paired_test(
    n_sealed: int, n_seen: int, wins_seen: int, losses_seen: int, level: float
) -> float:
    """Chance to pass when the rates are only known from `n_seen` other examples.

    Averages the power over a Dirichlet posterior with prior weights 1/3 for win, loss and tie
    (a reference prior for three cells, one pseudo-example in all).
    """
    if not 0 <= wins_seen + losses_seen <= n_seen or min(wins_seen, losses_seen) < 0:
        raise ValueError(
            f"expected wins + losses <= n, came {wins_seen} + {losses_seen} and {n_seen}"
        )
    prior = 1 / 3
    win, loss = wins_seen + prior, losses_seen + prior
    tie = n_seen - wins_seen - losses_seen + prior
    # Of a Dirichlet, the discordant share and the winning share of it are independent betas.
    discordant = np.arange(n_sealed + 1)
    weights = betabinom.pmf(discordant, n_sealed, win + loss, tie)
    thresholds = np.array(_critical_wins(n_sealed, level))
    passes = [
        float(betabinom.sf(threshold - 1, count, win, loss)) if threshold <= count else 0.0
        for count, threshold in zip(discordant, thresholds, strict=True)
    ]
    return float(min(1.0, np.sum(weights * np.array(passes))))


def examples_needed(win_rate: float, loss_rate: float, level: float, power: float = 0.8) -> int:
    """The smallest sealed split that passes with at least this chance; 100,000 at most."""
    low, high = 1, 1
    while power_of_paired_test(high, win_rate, loss_rate, level) < power:
        low, high = high, high * 2
        if high > 100_000:
            raise ValueError(
                f"no split under 100,000 shows {win_rate} wins against {loss_rate} losses"
            )
    while low < high:
        middle = (low + high) // 2
        if power_of_paired_test(middle, win_rate, loss_rate, level) < power:
            low = middle + 1
        else:
            high = middle
    return high


@lru_cache(maxsize=256)
def _critical_wins(n: int, level: float) -> tuple[int, ...]:
    """For each number of discordant pairs up to n, the fewest wins that pass (n + 1: none do)."""
    least = wins_needed(0, level)
    critical = [n + 1] * min(least, n + 1)
    wins = least
    for discordant in range(least, n + 1):
        while wins > 0 and mcnemar_one_sided(wins - 1, discordant - wins + 1) <= level:
            wins -= 1
        while mcnemar_one_sided(wins, discordant - wins) > level:
            wins += 1
        critical.append(wins)
    return tuple(critical)


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
