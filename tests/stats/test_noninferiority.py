"""A guardrail that is shown to hold is wrong in at most 5 % of the cases that just fail it."""

import numpy as np
import pytest

from libs.stats.noninferiority import examples_for_margin, non_inferiority
from libs.stats.paired import Pair


def pairs_of(wins: int, losses: int, n: int) -> list[Pair]:
    fates = [(False, True)] * wins + [(True, False)] * losses + [(True, True)] * (n - wins - losses)
    return [Pair(i, before, after) for i, (before, after) in enumerate(fates)]


@pytest.mark.parametrize(("n", "margin", "ties"), [(52, 0.1, 0.8), (130, 0.05, 0.85)])
def test_a_candidate_worse_by_the_margin_passes_in_at_most_5_percent(n, margin, ties):
    rng, runs = np.random.default_rng(8), 4000
    loss, win = (1 - ties + margin) / 2, (1 - ties - margin) / 2
    counts = rng.multinomial(n, [win, loss, ties], size=runs)
    pairs, times = np.unique(counts[:, :2], axis=0, return_counts=True)
    shown = [non_inferiority(pairs_of(int(w), int(x), n), margin).shown for w, x in pairs]
    assert times[shown].sum() / runs <= 0.055


def test_the_same_answers_pass_once_there_are_enough_of_them():
    for margin in (0.02, 0.05, 0.1, 0.3):
        enough = examples_for_margin(margin)
        assert non_inferiority(pairs_of(0, 0, enough), margin).shown
        assert not non_inferiority(pairs_of(0, 0, enough - 1), margin).shown


def test_no_data_shows_nothing():
    assert not non_inferiority([], 0.5).shown


def test_copies_of_one_example_do_not_make_up_for_missing_ones():
    copies = [Pair("one", True, True) for _ in range(200)]
    assert non_inferiority(pairs_of(0, 0, 200), 0.05).shown
    assert not non_inferiority(copies, 0.05).shown


def test_a_margin_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="margin between 0 and 1, came 5"):
        non_inferiority(pairs_of(0, 0, 5), 5)
