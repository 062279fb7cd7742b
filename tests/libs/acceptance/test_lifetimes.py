"""The simulated lives keep the promise, and the simulation's shortcut is the library's own test."""

import numpy as np
import pytest

from benchmarks.lifetimes.life import greedy, live, mcnemar_each
from benchmarks.lifetimes.miners import Mixed, Useless
from benchmarks.lifetimes.trial import Candidate, draw_gains, run_trial
from libs.acceptance import ExactTest

LEVELS = (0.036, 0.002, 0.0004)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("candidate", [Candidate(0.12, 0.02), Candidate(0.1, 0.1)])
def test_the_shortcut_ends_where_the_test_ends(level: float, candidate: Candidate) -> None:
    rng = np.random.default_rng(1)
    for _ in range(40):
        gains = draw_gains(rng, candidate, 250)
        trial, test = run_trial(gains, level), ExactTest.opened(level, ["a"])
        for number, gain in enumerate(gains):
            if test.observe(str(number), int(gain)) != "wait":
                break
        assert (trial.verdict, trial.wins, trial.losses) == (test.decision, test.wins, test.losses)
        assert trial.n == test.n


@pytest.mark.parametrize("behind_max", [None, 1, 3])
def test_while_nothing_helps_hardly_any_life_promotes_anything(behind_max: int | None) -> None:
    rng, lives = np.random.default_rng(2), 60
    wrong = sum(live(Useless(behind_max), rng).promotions > 0 for _ in range(lives))
    assert wrong <= 7
    rival = sum(mcnemar_each(Useless(behind_max), rng).promotions > 0 for _ in range(lives))
    assert rival > lives / 2


def test_true_gains_are_promoted_and_few_of_all_promotions_are_false() -> None:
    rng = np.random.default_rng(3)
    lives = [live(Mixed(), rng) for _ in range(40)]
    assert np.mean([one.promotions - one.false for one in lives]) > 2
    assert np.mean([one.false_share for one in lives]) <= 0.1
    assert np.mean([greedy(Mixed(), rng).false_share for _ in range(10)]) > 0.5
