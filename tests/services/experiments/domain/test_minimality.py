"""The diff that is left is 1-minimal, for any way in which edits can work together."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.experiments.domain.minimality import (
    Minimal,
    Subset,
    Tally,
    Unit,
    minimise,
    of_edits,
)

EDITS = 6
SUBSETS = [subset for size in range(1, EDITS + 1) for subset in combinations(range(EDITS), size)]
WORLDS = st.fixed_dictionaries(
    {
        subset: st.one_of(
            st.none(), st.builds(Tally, wins=st.integers(0, 6), losses=st.integers(0, 4))
        )
        for subset in SUBSETS
    }
)


async def run(world: dict[Subset, Tally | None], full: Tally) -> Minimal:
    async def measure(subset: Subset) -> Tally | None:
        return world[subset]

    return await minimise(EDITS, full, measure)


@given(world=WORLDS, full=st.builds(Tally, wins=st.integers(3, 9), losses=st.integers(0, 2)))
@settings(max_examples=100, deadline=None)
async def test_removing_any_kept_edit_loses_gain(world, full) -> None:
    result = await run(world, full)
    assert result.tally.gain >= full.gain
    assert result.kept
    for edit in result.kept:
        rest = tuple(other for other in result.kept if other != edit)
        without = world[rest] if rest else Tally(0, 0)
        assert without is None or without.gain < result.tally.gain


@given(world=WORLDS, full=st.builds(Tally, wins=st.integers(3, 9), losses=st.integers(0, 2)))
@settings(max_examples=60, deadline=None)
async def test_every_edit_is_reported_and_only_needed_ones_are_kept(world, full) -> None:
    result = await run(world, full)
    assert [hunk.edit_index for hunk in result.hunks] == list(range(EDITS))
    assert tuple(hunk.edit_index for hunk in result.hunks if hunk.needed) == result.kept


async def test_units_that_all_earn_their_place_cost_less_than_two_looks_each() -> None:
    """Each look may be a replay of every lesson."""
    looks = []

    async def measure(subset: Subset) -> Tally:
        looks.append(subset)
        return Tally(len(subset), 0)

    result = await minimise(8, Tally(8, 0), measure)
    assert result.kept == tuple(range(8))
    assert len(looks) == len(set(looks)) == result.measures < 16


async def test_many_useless_units_fall_out_by_halves() -> None:
    async def measure(subset: Subset) -> Tally:
        return Tally(5 if 3 in subset else 0, 0)

    result = await minimise(64, Tally(5, 0), measure)
    assert result.kept == (3,)
    assert result.measures <= 20
    assert len(result.dormant) == 63


async def test_the_looks_are_bounded_and_what_is_kept_holds_its_gain() -> None:
    async def measure(subset: Subset) -> Tally:
        return Tally(len(subset), 0)

    result = await minimise(100, Tally(100, 0), measure, measures_max=10)
    assert result.measures <= 10
    assert not result.complete
    assert result.tally == Tally(100, 0)


async def test_of_two_that_do_the_same_the_shorter_stays() -> None:
    async def measure(subset: Subset) -> Tally:
        return Tally(4 if subset else 0, 0)

    result = await minimise(2, Tally(4, 0), measure, [Unit(cost=50), Unit(cost=9)])
    assert result.kept == (1,)


@pytest.mark.parametrize(("broadens", "kept"), [(True, (0, 1)), (False, (0,))])
async def test_a_clause_that_keeps_losses_away_stays_even_where_the_gain_is_equal(
    broadens, kept
) -> None:
    async def measure(subset: Subset) -> Tally:
        return {(0,): Tally(6, 2), (1,): Tally(0, 0)}.get(subset, Tally(4, 0))

    units = [Unit(1), Unit(5, broadens=broadens)]
    assert (await minimise(2, Tally(4, 0), measure, units)).kept == kept


async def test_reports_by_parts_become_reports_by_edits() -> None:
    async def measure(subset: Subset) -> Tally:
        return Tally(4 if 0 in subset else 0, 0)

    found = await minimise(3, Tally(4, 0), measure)
    hunks = of_edits(found, [0, 0, 1], 2)
    assert [(one.edit_index, one.needed, one.wins_lost) for one in hunks] == [
        (0, True, 4),
        (1, False, 0),
    ]


async def test_the_weaker_of_two_edits_that_do_the_same_is_dropped() -> None:
    async def measure(subset: Subset) -> Tally:
        return Tally(4 if set(subset) & {0, 2} else 0, 0)

    result = await minimise(3, Tally(4, 0), measure)
    assert result.kept == (0,)


@pytest.mark.parametrize("needed", [(0, 1), (1, 2)])
async def test_edits_that_only_work_together_stay_together(needed: Subset) -> None:
    async def measure(subset: Subset) -> Tally:
        return Tally(5 if set(needed) <= set(subset) else 0, 0)

    assert (await minimise(3, Tally(5, 0), measure)).kept == needed


async def test_an_edit_that_others_stand_on_is_needed() -> None:
    """A rule placed before another one: without that one there is no such candidate."""

    async def measure(subset: Subset) -> Tally | None:
        return None if 1 in subset and 0 not in subset else Tally(2 if 1 in subset else 0, 0)

    result = await minimise(2, Tally(2, 0), measure)
    assert result.kept == (0, 1)
    assert result.hunks[0].wins_lost == 2
