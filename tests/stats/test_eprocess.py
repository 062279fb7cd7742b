"""Looking after every observation does not raise the error rate; real harm is found."""

import math

import numpy as np
import pytest

from libs.stats.eprocess import WAITING_MAX, RateDifference, log_e_of_pairs


def ever_rejects(wins: np.ndarray, alpha: float) -> bool:
    total = 0
    for seen, win in enumerate(wins, start=1):
        total += int(win)
        if log_e_of_pairs(total, seen - total) >= -math.log(alpha):
            return True
    return False


def test_peeking_at_every_pair_errs_in_at_most_alpha():
    rng, runs = np.random.default_rng(1), 400
    wrong = sum(ever_rejects(rng.random(200) < 0.5, 0.05) for _ in range(runs))
    assert wrong / runs <= 0.05


def test_e_value_of_pairs_is_fair_at_every_sample_size():
    from scipy.stats import binom

    for n in (1, 5, 40):
        for chance in (0.5, 0.3):
            expected = sum(
                binom.pmf(w, n, chance) * math.exp(log_e_of_pairs(w, n - w)) for w in range(n + 1)
            )
            assert expected <= 1 + 1e-9
    assert log_e_of_pairs(0, 0) == pytest.approx(0)


def run_canary(
    rng: np.random.Generator, canary: float, control: float, weight: float, runs: int, margin: float
) -> int | None:
    """Runs until the canary is rolled back, None when it never is."""
    process = RateDifference(margin, controls_per_canary=max(1, round((1 - weight) / weight)))
    for number in range(runs):
        if rng.random() < weight:
            process.observe("canary", float(rng.random() < canary))
        else:
            process.observe("control", float(rng.random() < control))
        if process.rejects(0.05):
            return number
    return None


@pytest.mark.parametrize(("rate", "margin", "weight"), [(0.1, 0.0, 0.5), (0.05, 0.02, 0.2)])
def test_a_canary_no_worse_than_its_margin_is_rolled_back_in_at_most_alpha(rate, margin, weight):
    rng, tries = np.random.default_rng(2), 150
    wrong = sum(
        run_canary(rng, rate + margin, rate, weight, 1500, margin) is not None for _ in range(tries)
    )
    assert wrong / tries <= 0.05


def test_a_harmful_canary_is_rolled_back_soon():
    rng = np.random.default_rng(3)
    ends = [run_canary(rng, 0.3, 0.05, 0.2, 3000, 0.0) for _ in range(40)]
    assert all(end is not None for end in ends)
    assert np.median(ends) < 400


def test_arms_with_unequal_traffic_wait_for_each_other_within_bounds():
    process = RateDifference(controls_per_canary=2)
    for _ in range(3 * WAITING_MAX):
        process.observe("control", 0.0)
    assert process.blocks == 0
    assert len(process.state()["control"]) == WAITING_MAX
    process.observe("canary", 1.0)
    assert process.blocks == 1
    assert process.log_e > 0


def test_state_survives_a_restart():
    rng = np.random.default_rng(4)
    one = RateDifference(0.01, 3)
    for _ in range(50):
        one.observe("canary" if rng.random() < 0.3 else "control", float(rng.random() < 0.2))
    other = RateDifference.restore(one.state())
    for process in (one, other):
        process.observe("control", 1.0)
        process.observe("canary", 1.0)
    assert one.state() == other.state()


def test_what_is_no_rate_is_refused():
    with pytest.raises(ValueError, match="score between 0 and 1, came 3"):
        RateDifference().observe("canary", 3)
    with pytest.raises(ValueError, match="arm canary or control"):
        RateDifference().observe("baseline", 1)
