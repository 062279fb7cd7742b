"""Power is what simulation finds, and the planner's answers are the smallest that do."""

import numpy as np
import pytest

from libs.stats.power import chance_within, reviews_needed
from libs.stats.walk import boundary


def test_rates_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="sum of at most 1"):
        chance_within(10, 0.7, 0.7, 0.05)


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
