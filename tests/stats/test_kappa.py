"""Agreement figures match published ones; corrected rates cover the truth."""

import numpy as np
import pytest

from libs.stats.kappa import agreement
from libs.stats.prevalence import JudgeTrials, rogan_gladen


def labelled(yes_yes: int, yes_no: int, no_yes: int, no_no: int) -> list[tuple[str, str]]:
    return (
        [("yes", "yes")] * yes_yes
        + [("yes", "no")] * yes_no
        + [("no", "yes")] * no_yes
        + [("no", "no")] * no_no
    )


def test_kappa_of_a_textbook_table():
    # 20, 5, 10, 15: observed 0.7, by chance 0.5, kappa 0.4.
    figures = agreement(labelled(20, 5, 10, 15))
    assert figures.agreement == pytest.approx(0.7)
    assert figures.kappa == pytest.approx(0.4)
    assert figures.labels == ("no", "yes")
    assert figures.confusion == ((15, 10), (5, 20))


def test_per_class_rates_are_recall_and_specificity():
    yes = next(c for c in agreement(labelled(18, 2, 5, 25)).classes if c.label == "yes")
    assert (yes.tpr, yes.tnr) == (pytest.approx(0.9), pytest.approx(25 / 30))
    assert yes.tpr_interval.low < 0.9 < yes.tpr_interval.high
    assert (yes.positives, yes.negatives) == (20, 30)


def test_kappa_interval_covers_the_true_kappa():
    rng, covered, runs = np.random.default_rng(3), 0, 600
    chances, truth = [0.4, 0.1, 0.1, 0.4], 0.6
    for _ in range(runs):
        counts = rng.multinomial(150, chances)
        interval = agreement(labelled(*map(int, counts))).kappa_interval
        covered += interval.low <= truth <= interval.high
    assert 0.925 <= covered / runs <= 0.975


def test_what_is_not_defined_is_none_not_a_number():
    assert agreement([]).kappa is None
    assert agreement([("a", "a")] * 5).kappa is None
    assert agreement([("a", "b")]).classes[1].tpr is None


def test_corrected_rate_undoes_the_errors_of_the_judge():
    exact = JudgeTrials(90, 100, 80, 100)
    # True rate 0.3: apparent 0.3 * 0.9 + 0.7 * 0.2 = 0.41.
    assert rogan_gladen(410, 1000, exact).rate == pytest.approx(0.3)


def test_corrected_interval_covers_the_truth_though_the_judge_is_only_estimated():
    rng, covered, runs = np.random.default_rng(9), 0, 1500
    truth, tpr, tnr = 0.2, 0.85, 0.9
    for _ in range(runs):
        flagged = int(rng.binomial(400, truth * tpr + (1 - truth) * (1 - tnr)))
        trials = JudgeTrials(int(rng.binomial(60, tpr)), 60, int(rng.binomial(90, tnr)), 90)
        interval = rogan_gladen(flagged, 400, trials).interval
        covered += interval.low <= truth <= interval.high
    assert covered / runs >= 0.94


def test_a_judge_no_better_than_a_coin_corrects_nothing():
    assert rogan_gladen(40, 100, JudgeTrials(10, 20, 10, 20)).rate is None
    assert rogan_gladen(40, 100, JudgeTrials(0, 0, 10, 20)).rate is None
