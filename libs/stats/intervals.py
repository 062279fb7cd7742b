"""Confidence intervals for one proportion and for the difference of two paired ones."""

import math
from dataclasses import dataclass

from scipy.optimize import brentq
from scipy.special import betaincinv, ndtri


@dataclass(frozen=True)
class Interval:
    """Both ends belong to the interval."""

    low: float
    high: float


def z_of(confidence: float) -> float:
    """The normal quantile of a two-sided interval, e.g. 1.96 for 0.95."""
    if not 0 < confidence < 1:
        raise ValueError(f"expected a confidence between 0 and 1, came {confidence}")
    return float(ndtri((1 + confidence) / 2))


def wilson(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """Score interval of a proportion (Wilson, 1927); [0, 1] when n is 0."""
    _check(successes, n)
    if n == 0:
        return Interval(0.0, 1.0)
    z = z_of(confidence)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == n else min(1.0, middle + half)
    return Interval(low, high)


def clopper_pearson(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """Exact interval of a proportion: never under its confidence (Clopper and Pearson, 1934)."""
    _check(successes, n)
    z_of(confidence)
    tail = (1 - confidence) / 2
    low = 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes == n else float(betaincinv(successes + 1, n - successes, 1 - tail))
    return Interval(low, high)


def paired_difference(wins: float, losses: float, n: float, confidence: float = 0.95) -> Interval:
    """Score interval of (wins - losses) / n over n pairs (Tango, Stat. Med. 17:891, 1998).

    Counts may be fractions, as when they are divided by a design effect (see `clusters.py`).
    """
    _check(wins + losses, n)
    if min(wins, losses) < 0:
        raise ValueError(f"expected wins and losses of at least 0, came {wins} and {losses}")
    if n == 0:
        return Interval(-1.0, 1.0)
    z = z_of(confidence)

    def low_side(difference: float) -> float:
        return _tango(difference, wins, losses, n) - z

    def high_side(difference: float) -> float:
        return _tango(difference, wins, losses, n) + z

    observed = (wins - losses) / n
    edge = 1e-12
    low = -1.0 if observed <= -1 else float(brentq(low_side, -1 + edge, observed))
    high = 1.0 if observed >= 1 else float(brentq(high_side, observed, 1 - edge))
    return Interval(low, high)


def _tango(difference: float, wins: float, losses: float, n: float) -> float:
    """The score statistic for the hypothesis that the true difference is `difference`."""
    distance = wins - losses - n * difference
    if distance == 0:
        return 0.0
    a = 2 * n
    b = -wins - losses + (2 * n - wins + losses) * difference
    c = -losses * difference * (1 - difference)
    loss_rate = (math.sqrt(max(0.0, b * b - 4 * a * c)) - b) / (2 * a)
    variance = n * (2 * loss_rate + difference * (1 - difference))
    if variance <= 0:
        return math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def _check(successes: float, n: float) -> None:
    if not 0 <= successes <= n:
        raise ValueError(f"expected 0 <= count <= n, came a count of {successes} and n of {n}")
