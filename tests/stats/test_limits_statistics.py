"""Bounds and tests that guard a change keep the levels that they promise."""

import numpy as np
import pytest
from scipy.stats import binom

from libs.stats.noninferiority import rate_bound, sign_flip_p_value, tail_p_value

RUNS = 2_000


@pytest.mark.parametrize(
    ("events", "n", "bound"), [(0, 100, 0.0295), (0, 1, 0.95), (2, 50, 0.1206)]
)
def test_the_bound_of_a_rate_is_the_exact_one(events, n, bound) -> None:
    assert rate_bound(events, n) == pytest.approx(bound, abs=2e-4)
    assert binom.cdf(events, n, rate_bound(events, n)) == pytest.approx(0.05)


def test_without_examples_no_rate_is_ruled_out() -> None:
    assert rate_bound(0, 0) == 1.0


@pytest.mark.parametrize("n", [6, 40])
def test_flipped_signs_are_surprising_as_often_as_they_say(n) -> None:
    rng = np.random.default_rng(1)
    sizes = rng.lognormal(size=(RUNS, n))
    signs = rng.choice((-1, 1), size=(RUNS, n))
    found = np.mean([sign_flip_p_value(list(row)) <= 0.05 for row in sizes * signs])
    assert found <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / RUNS)


def test_flipped_signs_see_what_grows() -> None:
    assert sign_flip_p_value([1.0] * 5) == pytest.approx(1 / 32)
    assert sign_flip_p_value([-1.0, 0.0]) == 1.0
    assert sign_flip_p_value([1.0] * 40) < 1e-6


@pytest.mark.parametrize("n", [10, 60, 300])
def test_a_tail_within_its_limit_is_hardly_ever_called_worse(n) -> None:
    rng = np.random.default_rng(2)
    found = 0
    for _ in range(RUNS):
        before, after = rng.lognormal(size=n), rng.lognormal(size=n)
        found += tail_p_value(list(before), list(after), 0.95) <= 0.05
    assert found / RUNS <= 0.05


def test_a_longer_tail_is_seen() -> None:
    rng = np.random.default_rng(3)
    before = rng.lognormal(size=200)
    after = np.where(rng.random(200) < 0.2, 100.0, before)
    assert tail_p_value(list(before), list(after), 0.95) < 0.01
