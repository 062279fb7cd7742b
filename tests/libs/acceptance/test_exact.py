"""The exact test of a frozen config: errors, power, and a state that survives a restart."""

import json

import numpy as np
import pytest

from libs.acceptance import Decision, ExactTest

LEVEL = 0.036


def run(
    rng: np.random.Generator, win: float, loss: float, reviews: int, level: float = LEVEL
) -> tuple[Decision, int]:
    test = ExactTest.opened(level, ["a", "b", "c"])
    for number in range(reviews):
        draw = rng.random()
        test.observe(str(number), int(draw < win) - int(draw > 1 - loss))
    return test.decision, test.n


@pytest.mark.parametrize(("win", "loss"), [(0.15, 0.15), (0.02, 0.02), (0.05, 0.08)])
def test_a_change_that_gains_nothing_is_accepted_in_at_most_its_level(win, loss):
    rng, runs = np.random.default_rng(1), 500
    accepted = sum(run(rng, win, loss, 300)[0] == "accept" for _ in range(runs))
    assert accepted / runs <= LEVEL + 0.008


def test_ten_points_as_first_candidate_pass_within_150_reviews():
    rng = np.random.default_rng(2)
    ends = [run(rng, 0.12, 0.02, 150) for _ in range(600)]
    assert np.mean([decision == "accept" for decision, _ in ends]) >= 0.89
    assert np.median([n for _, n in ends]) <= 90


def test_what_is_worthless_is_given_up_and_what_changes_nothing_too():
    rng = np.random.default_rng(3)
    ends = [run(rng, 0.1, 0.1, 1000) for _ in range(60)]
    assert sum(decision == "refuse" for decision, _ in ends) >= 48
    decision, n = run(rng, 0.0, 0.0, 1000)
    assert decision == "refuse"
    assert 300 <= n < 350


def test_a_decision_is_final():
    test = ExactTest.opened(LEVEL, ["a"])
    for number in range(8):
        test.observe(str(number), 1)
    assert test.decision == "accept"
    for number in range(50):
        test.observe(f"later {number}", -1)
    assert test.decision == "accept"
    assert (test.wins, test.losses, test.n) == (8, 0, 8)
    figures = test.figures()
    assert figures.p_value == pytest.approx(0.5**8)
    assert figures.gain == 1.0


def test_while_it_waits_it_says_how_many_wins_are_missing():
    test = ExactTest.opened(LEVEL, [])
    for number in range(5):
        test.observe(str(number), 1)
    figures = test.figures()
    assert (figures.decision, figures.p_value) == ("wait", None)
    assert figures.wins_more is not None
    for number in range(figures.wins_more):
        test.observe(f"more {number}", 1)
    assert test.decision == "accept"


def test_a_near_copy_that_nobody_expected_can_only_harm():
    test = ExactTest.opened(LEVEL, ["a", "b"])
    for _ in range(30):
        test.observe("same", 1)
    assert test.decision == "wait"
    assert test.walked == (1, 0)
    test.observe("same", -1)
    assert test.walked == (1, 1)
    assert (test.wins, test.losses) == (30, 1)


@pytest.mark.parametrize("before", [["a", "b"], ["a", "a", "b"]])
def test_it_goes_on_from_json_as_if_nothing_had_happened(before):
    rng = np.random.default_rng(4)
    one = ExactTest.opened(LEVEL, before)
    other = ExactTest.opened(LEVEL, before)
    for number in range(60):
        gain = int(rng.choice((-1, 0, 1), p=(0.1, 0.6, 0.3)))
        one.observe(f"g{number // 2}", gain)
        other.observe(f"g{number // 2}", gain)
        other = ExactTest.restore(json.loads(json.dumps(other.state())))
        assert other == one
    assert other.figures() == one.figures()


def test_a_test_that_no_review_counted_in_is_unused():
    test = ExactTest.opened(LEVEL, [])
    test.observe("a", 0)
    assert not test.used
    test.observe("b", -1)
    assert test.used


def test_what_is_no_gain_is_refused():
    with pytest.raises(ValueError, match="gain of -1, 0 or 1, came 2"):
        ExactTest.opened(LEVEL, []).observe("a", 2)
    with pytest.raises(ValueError, match="level between 0 and 1"):
        ExactTest.opened(0.0, [])
