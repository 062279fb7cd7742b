"""With groups of unequal size nothing passes that lowers agreement as traffic weighs it."""

import math

import numpy as np
import pytest

from benchmarks.lifetimes.groups import SIZES, WAYS, passes
from libs.acceptance import ExactTest
from libs.acceptance.groups import GroupBets, largest
from libs.stats import betting

LEVEL = 0.036


@pytest.mark.parametrize("way", list(WAYS))
@pytest.mark.parametrize("sizes", list(SIZES))
def test_small_groups_that_win_do_not_outvote_large_ones_that_lose(way: str, sizes: str) -> None:
    found = passes(way, sizes, runs=40, level=LEVEL, seed=1, tilt=1.0)
    assert found.pawl <= 4
    if way == "bursts":
        assert found.counted_once / found.runs > 0.4


def test_groups_that_gain_nothing_pass_in_at_most_the_level() -> None:
    """Fair groups, all copies sharing a fate: the hardest null, since nothing pulls it down."""
    rng, runs, accepted = np.random.default_rng(2), 300, 0
    for _ in range(runs):
        test = ExactTest.opened(LEVEL, ["a"] * 3)
        for number in range(120):
            fate = int(rng.choice((-1, 1)))
            for _ in range(int(rng.integers(1, 4))):
                test.observe(f"g{number}", fate)
        accepted += test.decision == "accept"
    assert accepted / runs <= LEVEL + 0.01


def test_a_real_gain_over_groups_passes() -> None:
    rng, ends = np.random.default_rng(3), []
    for _ in range(30):
        test = ExactTest.opened(LEVEL, ["a", "a"])
        for number in range(200):
            fate = int(rng.choice((-1, 0, 1), p=(0.03, 0.72, 0.25)))
            for _ in range(int(rng.integers(1, 3))):
                test.observe(f"g{number}", fate)
        ends.append(test.n if test.decision == "accept" else math.inf)
    assert np.median(ends) <= 120


def test_a_group_that_is_still_coming_counts_losses_only() -> None:
    bets = GroupBets(cap=5)
    bets.observe("a", 1)
    assert bets.log_e == pytest.approx(0)
    bets.observe("b", 0)
    assert bets.log_e > 0
    bets.observe("b", -1)
    low = bets.log_e
    bets.observe("c", 0)
    assert bets.log_e == pytest.approx(low)


def test_a_group_that_returns_is_still_one_bet() -> None:
    together, apart = GroupBets(cap=3), GroupBets(cap=3)
    for group, gain in (("a", 1), ("a", 1), ("b", -1), ("c", 0)):
        together.observe(group, gain)
    for group, gain in (("a", 1), ("b", -1), ("a", 1), ("c", 0)):
        apart.observe(group, gain)
    assert apart.log_e == pytest.approx(together.log_e)


def test_beyond_the_cap_wins_do_not_count_and_losses_do() -> None:
    bets = GroupBets(cap=2)
    for _ in range(10):
        bets.observe("a", 1)
    bets.observe("b", 0)
    two = GroupBets(cap=2)
    for group, gain in (("a", 1), ("a", 1), ("b", 0)):
        two.observe(group, gain)
    assert bets.log_e == pytest.approx(two.log_e)
    for _ in range(9):
        bets.observe("c", -1)
    assert math.isfinite(bets.log_e)
    assert bets.log_e < two.log_e


def test_spreading_the_money_keeps_its_mean() -> None:
    money = betting.START
    for gain in (-1, -1, 1, -1, 0.5):
        money = betting.after(money, gain)
    for part in (0.0, 0.1, 1.0):
        shared = betting.shared(money, part)
        assert betting.log_mean(shared) == pytest.approx(betting.log_mean(money))
    assert min(betting.shared(money, 1.0)) == pytest.approx(max(betting.shared(money, 1.0)))


def test_no_bet_is_changed_once_its_outcome_is_known() -> None:
    """Spreading money while a group is coming must not put more on what has been seen of it."""
    for cap, wins in ((1, 1), (3, 2)):
        bets = GroupBets(cap)
        for number in range(6):
            bets.observe(f"loss {number}", -1)
        for _ in range(wins):
            bets.observe("a", 1)
        plain = GroupBets.restore(bets.state())
        bets.share(1.0)
        assert bets.log_e == pytest.approx(plain.log_e)
        bets.observe("next", 0)
        plain.observe("next", 0)
        assert bets.log_e == pytest.approx(plain.log_e)
        bets.observe("next but one", 1)
        plain.observe("next but one", 1)
        bets.observe("the end", 0)
        plain.observe("the end", 0)
        assert bets.log_e > plain.log_e


def test_the_cap_is_the_largest_group_so_far() -> None:
    assert largest([]) == 1
    assert largest(["a", "b", "a"]) == 2
    with pytest.raises(ValueError, match="cap of at least 1"):
        GroupBets(cap=0)
