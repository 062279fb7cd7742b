"""A whole run accepts a false improvement with at most 5 %, against miners that try to cheat."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from scipy.stats import binom

from libs.stats.alpha import AlphaBudget
from libs.stats.paired import mcnemar_one_sided

ADAPTIVE = AlphaBudget()
FALLBACK = AlphaBudget(policy="fallback")


def worst_case(budget: AlphaBudget, history: tuple[bool, ...] = ()) -> float:
    """The largest error rate any miner can reach, playing true or false improvements at will,
    with tests that depend on each other in the worst way: the union bound over its tree."""
    level = budget.level_after(history)
    if level is None:
        return 0.0
    refused = worst_case(budget, (*history, False))
    accepted = worst_case(budget, (*history, True))
    return max(level.level + refused, refused + accepted)


@pytest.mark.parametrize("tests_max", [1, 2, 4, 7])
@pytest.mark.parametrize("share", [0.25, 0.5, 0.8])
def test_adaptive_levels_hold_the_budget_against_every_miner(tests_max, share):
    budget = AlphaBudget(0.05, tests_max, "adaptive", share)
    assert worst_case(budget) == pytest.approx(0.05)


def test_fallback_levels_hold_the_budget_when_the_order_is_fixed():
    """Strong control: for every set of true improvements, however often they are accepted."""
    for truths in product([False, True], repeat=4):
        for bits in product([False, True], repeat=4):
            history = [t and b for t, b in zip(truths, bits, strict=True)]  # no false one yet
            levels = [FALLBACK.level_after(history[:k]).level for k in range(4)]
            risk = sum(level for level, true in zip(levels, truths, strict=True) if not true)
            assert risk <= 0.05 + 1e-12


def test_fallback_is_not_enough_when_a_true_improvement_steers_the_miner():
    """Every p-value is uniform, hence valid; yet the run errs in 8.75 %, since the miner chooses
    what comes next by a bit of the sealed split. The adaptive levels hold."""

    def miner(u: np.ndarray, bit_of_first: np.ndarray, starts: dict[bool, list[float]], k: int):
        return np.where(bit_of_first, (u - starts[True][k]) % 1, (u - starts[False][k]) % 1)

    u = (np.arange(200_000) + 0.5) / 200_000
    for budget, low, high in ((FALLBACK, 0.0874, 0.0876), (ADAPTIVE, 0.0, 0.05001)):
        first = u < 0.5  # a true improvement with a power of one half
        starts: dict[bool, list[float]] = {}
        for bit, offset in ((True, 0.0), (False, 0.5)):
            levels = [budget.level_after([bit] + [False] * k).level for k in range(3)]
            starts[bit] = [offset + sum(levels[:k]) for k in range(3)]
        wrong = np.zeros(len(u), dtype=bool)
        for k in range(3):
            level = np.where(
                first,
                budget.level_after([True] + [False] * k).level,
                budget.level_after([False] * (k + 1)).level,
            )
            wrong |= ~wrong & (miner(u, first, starts, k) <= level)
        assert low <= wrong.mean() <= high


def run_once(
    budget: AlphaBudget,
    propose: Callable[[tuple[bool, ...]], tuple[np.ndarray, bool]],
) -> bool:
    """Play a run on one sealed split; True when it accepted a false improvement."""
    history: tuple[bool, ...] = ()
    while (level := budget.level_after(history)) is not None:
        outcomes, is_improvement = propose(history)
        wins, losses = int((outcomes == 1).sum()), int((outcomes == -1).sum())
        accepted = P_VALUE[wins, losses] <= level.level
        if accepted and not is_improvement:
            return True
        history = (*history, bool(accepted))
    return False


N = 52
P_VALUE = np.array([[mcnemar_one_sided(w, x) for x in range(N + 1)] for w in range(N + 1)])


@pytest.mark.parametrize("budget", [ADAPTIVE, FALLBACK], ids=["adaptive", "fallback"])
def test_a_run_without_any_improvement_accepts_one_in_under_5_percent(budget):
    """Global null. The miner flips what it proposes by the bits: copies, opposites, new draws."""
    rng = np.random.default_rng(5)
    runs, wrong = 4000, 0
    for _ in range(runs):
        pool = rng.choice([-1, 0, 1], p=[0.3, 0.4, 0.3], size=(6, N))

        def propose(history: tuple[bool, ...], pool: np.ndarray = pool) -> tuple[np.ndarray, bool]:
            if history and not history[-1]:  # refused: perhaps its opposite passes
                return -pool[len(history) // 2], False
            return pool[len(history)], False

        wrong += run_once(budget, propose)
    assert wrong / runs <= 0.05
    assert wrong > 0  # the simulation can err at all


def test_a_miner_steered_by_true_improvements_stays_under_5_percent():
    """Mixed truth: a real gain of uncertain power comes first, then nulls built around its bit."""
    rng = np.random.default_rng(6)
    runs, wrong = 4000, 0
    for _ in range(runs):
        gain = rng.choice([-1, 0, 1], p=[0.08, 0.7, 0.22], size=N)
        noise = rng.choice([-1, 0, 1], p=[0.3, 0.4, 0.3], size=(4, N))

        def propose(
            history: tuple[bool, ...], gain: np.ndarray = gain, noise: np.ndarray = noise
        ) -> tuple[np.ndarray, bool]:
            if not history:
                return gain, True
            sign = 1 if history[0] else -1
            return sign * noise[len(history) if history[0] else 1], False

        wrong += run_once(ADAPTIVE, propose)
    assert 0 < wrong / runs <= 0.05


def test_an_accepted_test_returns_its_level_and_a_refused_one_does_not():
    assert ADAPTIVE.level_after([]).level == pytest.approx(0.04)
    assert ADAPTIVE.level_after([True]).left == pytest.approx(0.04)
    assert ADAPTIVE.level_after([False]).left == pytest.approx(0.01)
    assert FALLBACK.level_after([]).level == pytest.approx(0.0125)
    assert FALLBACK.level_after([True, True]).level == pytest.approx(0.0375)
    assert FALLBACK.level_after([True, False]).level == pytest.approx(0.0125)


@pytest.mark.parametrize("budget", [ADAPTIVE, FALLBACK], ids=["adaptive", "fallback"])
def test_what_is_spent_never_passes_the_budget_and_ends_the_tests(budget):
    for history in product([False, True], repeat=4):
        spent = [budget.spent_after(history[:k]) for k in range(5)]
        assert spent == sorted(spent)
        assert spent[-1] <= 0.05 + 1e-12
        assert budget.level_after(history) is None
    assert budget.spent_after([False] * 4) == pytest.approx(0.05)


def test_a_budget_that_cannot_be_is_refused_in_words():
    with pytest.raises(ValueError, match="budget between 0 and 1, came 5"):
        AlphaBudget(budget=5)
    with pytest.raises(ValueError, match="at most 4 outcomes, came 5"):
        ADAPTIVE.spent_after([True] * 5)


def test_exact_tests_are_what_the_budget_assumes():
    """P(p <= level) <= level for the levels in use, whatever the number of discordant pairs."""
    for history in product([False, True], repeat=3):
        level = ADAPTIVE.level_after(history).level
        for discordant in range(1, N + 1):
            wins = np.arange(discordant + 1)
            passing = P_VALUE[wins, discordant - wins] <= level
            assert binom.pmf(wins[passing], discordant, 0.5).sum() <= level
