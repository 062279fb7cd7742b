"""Intervals cover the truth as often as they say, counted exactly, not by luck."""

import numpy as np
import pytest
from scipy.stats import binom, multinomial

from libs.stats.clusters import design_effect
from libs.stats.intervals import Interval, clopper_pearson, paired_difference, wilson


def coverage(interval_of, n: int, truth: float) -> float:
    """Exact coverage: the chance of all counts whose interval holds the truth."""
    held = [k for k in range(n + 1) if _holds(interval_of(k, n), truth)]
    return float(binom.pmf(held, n, truth).sum())


def _holds(interval: Interval, truth: float) -> bool:
    return interval.low <= truth <= interval.high


@pytest.mark.parametrize("truth", [0.02, 0.1, 0.5, 0.77, 0.95])
def test_clopper_pearson_never_covers_less_than_it_says(truth):
    assert coverage(clopper_pearson, 40, truth) >= 0.95


def test_wilson_covers_on_average_what_it_says():
    rates = np.linspace(0.02, 0.98, 49)
    assert np.mean([coverage(wilson, 52, rate) for rate in rates]) == pytest.approx(0.95, abs=0.01)


def test_published_values_are_reproduced():
    # Fagerland, Lydersen and Laake, Statistical Analysis of Contingency Tables (2017), ch. 8:
    # airway hyper-responsiveness (Bentur 2009), 1 and 7 discordant of 21.
    tango = paired_difference(1, 7, 21)
    assert (tango.low, tango.high) == (
        pytest.approx(-0.517, abs=5e-4),
        pytest.approx(-0.026, abs=5e-4),
    )
    # Newcombe, Stat. Med. 17:857 (1998), table I: 81 of 263 and 0 of 20.
    assert wilson(81, 263).low == pytest.approx(0.2553, abs=5e-5)
    assert wilson(81, 263).high == pytest.approx(0.3662, abs=5e-5)
    assert wilson(0, 20).high == pytest.approx(0.1611, abs=5e-5)
    assert clopper_pearson(81, 263).low == pytest.approx(0.2527, abs=5e-5)
    assert clopper_pearson(0, 20).high == pytest.approx(0.1684, abs=5e-5)


@pytest.mark.parametrize(("win", "loss"), [(0.15, 0.02), (0.05, 0.05), (0.3, 0.1), (0.02, 0.0)])
def test_paired_interval_covers_the_true_gain(win, loss):
    n, covered = 52, 0.0
    for wins in range(n + 1):
        for losses in range(n + 1 - wins):
            chance = multinomial.pmf(
                [wins, losses, n - wins - losses], n, [win, loss, 1 - win - loss]
            )
            if chance > 1e-9 and _holds(paired_difference(wins, losses, n), win - loss):
                covered += chance
    assert covered > 0.93


@pytest.mark.parametrize(("wins", "losses", "n"), [(0, 0, 10), (5, 0, 5), (0, 5, 5), (3, 2, 9)])
def test_paired_interval_holds_the_observed_gain_and_mirrors(wins, losses, n):
    interval = paired_difference(wins, losses, n)
    mirrored = paired_difference(losses, wins, n)
    assert interval.low <= (wins - losses) / n <= interval.high
    assert interval.low == pytest.approx(-mirrored.high)
    assert interval.high == pytest.approx(-mirrored.low)


def test_no_examples_say_nothing():
    assert wilson(0, 0) == Interval(0.0, 1.0)
    assert paired_difference(0, 0, 0) == Interval(-1.0, 1.0)


def test_impossible_counts_are_refused_with_the_numbers():
    with pytest.raises(ValueError, match="count of 6 and n of 5"):
        wilson(6, 5)
    with pytest.raises(ValueError, match="between 0 and 1, came 95"):
        wilson(1, 2, confidence=95)


def test_exact_copies_count_once_and_independent_examples_fully():
    rng = np.random.default_rng(1)
    values = rng.integers(-1, 2, size=2000).astype(float)
    assert design_effect([[v] for v in values]) == 1.0
    assert design_effect([[v] * 4 for v in values]) == pytest.approx(4, rel=0.01)
    assert design_effect([[0.0, 0.0]] * 5) == 2.0
