"""Power is what simulation finds, and the planner's answers are the smallest that do."""

import numpy as np
import pytest

from libs.stats.paired import mcnemar_one_sided
from libs.stats.power import (
    assurance_of_paired_test,
    chance_within,
    examples_needed,
    power_of_paired_test,
    reviews_needed,
)
from libs.stats.walk import boundary


@pytest.mark.parametrize(("win", "loss", "level"), [(0.15, 0.02, 0.04), (0.3, 0.1, 0.0125)])
def test_power_is_what_simulation_finds(win, loss, level):
    rng, n, runs = np.random.default_rng(2), 52, 20_000
    counts = rng.multinomial(n, [win, loss, 1 - win - loss], size=runs)
    pairs, times = np.unique(counts[:, :2], axis=0, return_counts=True)
    passes = [mcnemar_one_sided(int(w), int(x)) <= level for w, x in pairs]
    assert power_of_paired_test(n, win, loss, level) == pytest.approx(
        float(times[passes].sum() / runs), abs=0.012
    )


def test_without_gain_power_is_at_most_the_level():
    for rate in (0.01, 0.1, 0.3, 0.5):
        assert power_of_paired_test(80, rate, rate, 0.04) <= 0.04


def test_power_grows_with_wins_and_falls_with_losses():
    by_wins = [power_of_paired_test(52, w / 100, 0.02, 0.04) for w in range(0, 40, 5)]
    by_losses = [power_of_paired_test(52, 0.2, x / 100, 0.04) for x in range(0, 20, 4)]
    assert by_wins == sorted(by_wins)
    assert by_losses == sorted(by_losses, reverse=True)


def test_too_small_a_split_has_no_power_at_all():
    assert power_of_paired_test(4, 1.0, 0.0, 0.04) == 0.0
    assert power_of_paired_test(5, 1.0, 0.0, 0.04) == 1.0
    assert power_of_paired_test(0, 0.5, 0.0, 0.04) == 0.0
    assert power_of_paired_test(52, 0.0, 0.0, 0.04) == 0.0


def test_assurance_is_the_power_averaged_over_what_is_not_known():
    rng = np.random.default_rng(0)
    rates = rng.dirichlet([12 + 1 / 3, 1 + 1 / 3, 65 + 1 / 3], size=3000)
    mean = np.mean([power_of_paired_test(52, w, x, 0.04) for w, x, _ in rates])
    assert assurance_of_paired_test(52, 78, 12, 1, 0.04) == pytest.approx(mean, abs=0.02)


def test_with_much_seen_assurance_is_power():
    assurance = assurance_of_paired_test(52, 100_000, 15_000, 2_000, 0.04)
    assert assurance == pytest.approx(power_of_paired_test(52, 0.15, 0.02, 0.04), abs=0.005)


def test_examples_needed_is_enough():
    n = examples_needed(0.15, 0.02, 0.04, power=0.8)
    assert power_of_paired_test(n, 0.15, 0.02, 0.04) >= 0.8
    with pytest.raises(ValueError, match="no split under"):
        examples_needed(0.1, 0.1, 0.04)


def test_rates_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="sum of at most 1"):
        power_of_paired_test(10, 0.7, 0.7, 0.05)
    with pytest.raises(ValueError, match=r"wins \+ losses <= n"):
        assurance_of_paired_test(10, 5, 4, 4, 0.05)


def test_the_chance_within_so_many_reviews_is_that_of_simulated_tests() -> None:
    rng, level = np.random.default_rng(5), 0.036
    accept = np.array(boundary(level).accept)
    runs, hits = 4000, 0
    for draws in rng.random((runs, 150)):
        differs = draws[draws < 0.14]
        wins = np.cumsum(differs < 0.12)
        hits += bool((wins >= accept[1 : len(wins) + 1]).any())
    assert hits / runs == pytest.approx(chance_within(150, 0.12, 0.02, level), abs=0.015)
    assert chance_within(0, 0.1, 0.1, level) == chance_within(10, 0, 0, level) == 0
    with pytest.raises(ValueError, match="sum of at most 1"):
        chance_within(10, 0.9, 0.2, level)


def test_the_reviews_needed_are_the_fewest() -> None:
    needed = reviews_needed(0.2, 0.04, 0.036)
    assert chance_within(needed, 0.2, 0.04, 0.036) >= 0.8
    assert chance_within(needed - 1, 0.2, 0.04, 0.036) < 0.8
    with pytest.raises(ValueError, match="do not show"):
        reviews_needed(0.01, 0.01, 0.036)
