"""Where a number may be cut: in gaps between neighbours, at round numbers."""

import itertools
from collections.abc import Sequence
from math import floor, log10

import numpy as np
from numpy.typing import NDArray

THRESHOLDS_MAX = 24
Floats = NDArray[np.float64]


def thresholds(numbers: Sequence[float], limit: int = THRESHOLDS_MAX) -> list[float | int]:
    """The roundest number in each gap between neighbours; at most `limit`, spread evenly."""
    values = sorted(set(numbers))
    gaps = list(itertools.pairwise(values))
    step = max(1.0, len(gaps) / limit)
    picked = [gaps[int(place * step)] for place in range(min(len(gaps), limit))]
    return [roundest(low, high) for low, high in picked]


def cuts(
    numbers: Sequence[float], labels: Sequence[str], limit: int = THRESHOLDS_MAX
) -> list[float | int]:
    """Thresholds between neighbours of different labels, the most telling ones, spread evenly.

    No other gap can be the best cut: Fayyad and Irani, Machine Learning 8 (1992).
    """
    values, places = np.unique(np.array(numbers, dtype=float), return_inverse=True)
    names, codes = np.unique(np.array(labels), return_inverse=True)
    counts = np.zeros((len(values), len(names)))
    np.add.at(counts, (places, codes), 1.0)
    pure = (counts > 0).sum(axis=1) == 1
    same = counts.argmax(axis=1)
    inner = pure[:-1] & pure[1:] & (same[:-1] == same[1:])
    gaps = np.nonzero(~inner)[0]
    if len(gaps) > limit:
        scores = _information(counts)[gaps]
        bins = np.array_split(np.arange(len(gaps)), limit)
        gaps = gaps[[int(part[np.argmax(np.round(scores[part], 9))]) for part in bins]]
    return [roundest(float(values[gap]), float(values[gap + 1])) for gap in gaps]


def _information(counts: Floats) -> Floats:
    """By gap: minus the entropy of the labels on both sides, times the rows there."""
    below = counts.cumsum(axis=0)[:-1]
    return _negative_entropy(below) + _negative_entropy(counts.sum(axis=0) - below)


def _negative_entropy(counts: Floats) -> Floats:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    entropies: Floats = (counts * np.log(np.where(shares > 0, shares, 1.0))).sum(axis=1)
    return entropies


def roundest(low: float, high: float) -> float | int:
    """The number in (low, high] with the fewest digits; of those, the one nearest the middle."""
    middle = (low + high) / 2
    size = floor(log10(max(abs(low), abs(high), 1e-12)))
    for exponent in range(size + 1, size - 16, -1):
        for factor in (1.0, 0.5):  # 5, 15, 25 are round, too
            unit = factor * 10.0**exponent
            near = round(middle / unit) * unit
            found = [n for n in (near - unit, near, near + unit) if low < n <= high]
            if found:
                best = min(found, key=lambda n: abs(n - middle))
                exact = round(best, max(0, 1 - exponent))
                return int(exact) if exact == int(exact) else exact
    return high
