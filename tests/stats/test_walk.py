"""The sequential exact test: its level over all looks, its power, and what it gives up."""

import numpy as np
import pytest
from scipy.stats import binom

from libs.stats import walk

LEVELS = (0.05, 0.036, 0.008, 0.002, 1e-4, 1e-6)


def accepted_within(reviews: int, win: float, loss: float, level: float) -> float:
    """Exact chance to be accepted within so many reviews, at these rates per review."""
    steps = np.arange(reviews + 1)
    by_step = walk.chance_to_accept(level, win / (win + loss))[: reviews + 1]
    return float(np.sum(binom.pmf(steps, reviews, win + loss) * by_step))


@pytest.mark.parametrize("level", LEVELS)
def test_the_chance_to_accept_ever_is_at_most_the_level_for_every_null(level: float) -> None:
    for win_chance in (0.5, 0.45, 0.2):
        assert walk.chance_to_accept(level, win_chance)[-1] <= level
    assert walk.chance_to_accept(level, 0.5)[-1] > 0.9 * level


def test_looking_after_every_pair_errs_in_at_most_the_level() -> None:
    rng, runs, level = np.random.default_rng(1), 4000, 0.036
    accept = np.array(walk.boundary(level).accept)
    wins = np.cumsum(rng.random((runs, walk.STEPS_MAX)) < 0.5, axis=1)
    ever = (wins >= accept[1:]).any(axis=1).mean()
    assert ever <= level + 2 * np.sqrt(level / runs)


def test_ten_points_pass_within_150_reviews_in_nine_of_ten_cases() -> None:
    assert accepted_within(150, 0.12, 0.02, 0.036) >= 0.9
    assert accepted_within(90, 0.12, 0.02, 0.036) >= 0.5


def test_weak_gains_pass_later() -> None:
    soon = accepted_within(300, 0.06, 0.03, 0.036)
    late = accepted_within(1000, 0.06, 0.03, 0.036)
    assert soon < 0.4 < 0.5 < late


@pytest.mark.parametrize("level", LEVELS)
def test_hardly_anything_good_is_given_up_and_what_is_worthless_is(level: float) -> None:
    rng = np.random.default_rng(2)
    found = walk.boundary(level)

    def ends(win_chance: float) -> list[str]:
        outcomes = []
        for steps in rng.random((200, walk.STEPS_MAX)) < win_chance:
            wins, outcome = 0, "wait"
            for number, step in enumerate(steps, start=1):
                wins += int(step)
                if found.accepts(wins, number - wins) or found.gives_up(wins, number - wins):
                    accepted = found.accepts(wins, number - wins)
                    outcome = "accept" if accepted else f"refuse {number}"
                    break
            outcomes.append(outcome)
        return outcomes

    assert ends(6 / 7).count("accept") >= 195
    worthless = ends(0.5)
    assert sum(one.startswith("refuse") for one in worthless) >= 180
    assert np.median([int(one.split()[1]) for one in worthless if one != "accept"]) <= 30


def test_the_stage_wise_p_value_is_at_most_the_level_and_uniform_below_it() -> None:
    level = 0.036
    found, mass = walk.boundary(level), {}
    assert walk.stagewise_p(level, found.accept[8], 8 - found.accept[8]) == 0.5**8
    rng = np.random.default_rng(3)
    for steps in rng.random((20_000, 60)) < 0.5:
        wins = np.cumsum(steps)
        hit = np.flatnonzero(wins >= np.array(found.accept[1:61]))
        if len(hit):
            point = (int(wins[hit[0]]), int(hit[0] + 1 - wins[hit[0]]))
            mass[point] = mass.get(point, 0) + 1
    for bar in (0.01, 0.02, 0.03, level):
        share = sum(n for point, n in mass.items() if walk.stagewise_p(level, *point) <= bar)
        assert share / 20_000 <= bar + 0.003
    with pytest.raises(ValueError, match="accepted walk"):
        walk.stagewise_p(level, 3, 3)


def test_wins_more_is_the_way_to_acceptance() -> None:
    found = walk.boundary(0.036)
    more = found.wins_more(3, 1)
    assert more is not None
    assert found.accepts(3 + more, 1)
    assert not found.accepts(2 + more, 1)
    assert found.wins_more(0, walk.STEPS_MAX) is None


def test_what_is_no_level_is_refused() -> None:
    with pytest.raises(ValueError, match="level between 0 and 1"):
        walk.boundary(0.0)
