"""The exact paired test errs no more often than its level, near-copies included."""

from random import Random

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from libs.stats.paired import Pair, compare, mcnemar_one_sided


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (7, 0), (9, 1), (3, 8), (40, 21)])
def test_p_value_is_the_binomial_tail(wins, losses):
    expected = (
        1.0
        if wins + losses == 0
        else binomtest(wins, wins + losses, 0.5, alternative="greater").pvalue
    )
    assert mcnemar_one_sided(wins, losses) == pytest.approx(expected)


@pytest.mark.parametrize("win_chance", [0.5, 0.4, 0.1])
@pytest.mark.parametrize("level", [0.05, 0.04, 0.0125])
def test_false_acceptance_stays_under_the_level_for_every_null(win_chance, level):
    for discordant in range(1, 60):
        wins = np.arange(discordant + 1)
        passing = [w for w in wins if mcnemar_one_sided(int(w), discordant - int(w)) <= level]
        assert binom.pmf(passing, discordant, win_chance).sum() <= level


def test_figures_do_not_depend_on_order():
    pairs = [Pair(f"g{i % 7}", i % 3 == 0, i % 4 != 0) for i in range(60)]
    shuffled = list(pairs)
    Random(3).shuffle(shuffled)
    assert compare(pairs) == compare(shuffled)


def test_figures_add_up():
    pairs = [Pair(i, i < 30, 5 <= i < 42) for i in range(50)]
    figures = compare(pairs)
    assert (figures.n, figures.baseline_correct, figures.candidate_correct) == (50, 30, 37)
    assert (figures.wins, figures.losses, figures.gain) == (12, 5, pytest.approx(0.14))
    assert figures.p_value == pytest.approx(mcnemar_one_sided(12, 5))
    assert figures.interval.low < 0.14 < figures.interval.high


def test_copies_of_one_example_are_one_piece_of_evidence():
    copies = [Pair("same request", False, True) for _ in range(12)]
    figures = compare(copies)
    assert (figures.wins, figures.group_wins) == (12, 1)
    assert figures.p_value == 0.5


def test_near_copies_do_not_raise_the_error_rate():
    """Groups of 5 win or lose together, without a true gain: the plain test errs far too often."""
    rng = np.random.default_rng(11)
    runs, level = 2000, 0.05
    plain = by_group = 0
    for _ in range(runs):
        fates = rng.choice([-1, 0, 1], p=[0.2, 0.6, 0.2], size=24)
        pairs = [Pair(g, fate == -1, fate == 1) for g, fate in enumerate(fates) for _ in range(5)]
        figures = compare(pairs)
        by_group += figures.p_value <= level
        plain += mcnemar_one_sided(figures.wins, figures.losses) <= level
    assert by_group / runs <= level
    assert plain / runs > 3 * level
