"""Levels of an agent's life: shares add up, promotions bring levels back, nothing runs out."""

import random

import pytest

from libs.acceptance import LifetimeTerms, Outcome, Spent, next_level

ALPHA = 0.05


def life(seed: int, tests: int) -> tuple[list[Spent], list[float]]:
    """Tests of both lanes with outcomes at random, several of them open at a time."""
    chance, spent, levels = random.Random(seed), [], []
    outcomes: tuple[Outcome, ...] = ("open", "accepted", "refused", "unused")
    for _ in range(tests):
        lane = chance.choice(("exact", "procedure"))
        grant = next_level(lane, spent)
        spent.append(Spent(lane, grant.share, chance.choices(outcomes, (1, 3, 5, 2))[0]))
        levels.append(grant.level)
    return spent, levels


@pytest.mark.parametrize("seed", range(20))
def test_shares_never_add_up_to_more_than_one_and_no_level_is_nothing(seed: int) -> None:
    spent, levels = life(seed, 120)
    assert sum(test.share for test in spent if test.outcome != "unused") <= 1 + 1e-9
    assert all(0 < level <= ALPHA for level in levels)


def test_while_nothing_is_promoted_the_levels_add_up_to_at_most_alpha() -> None:
    spent: list[Spent] = []
    total = 0.0
    for number in range(200):
        lane = "procedure" if number % 4 == 0 else "exact"
        grant = next_level(lane, spent)
        spent.append(Spent(lane, grant.share, "refused"))
        total += grant.level
    assert total <= ALPHA


def test_a_promotion_makes_later_levels_higher() -> None:
    refused = [Spent("exact", next_level("exact", []).share, "refused")]
    accepted = [Spent("exact", refused[0].share, "accepted")]
    before, after = next_level("exact", refused).level, next_level("exact", accepted).level
    assert after == pytest.approx(2 * before)


def test_a_test_without_evidence_gives_its_share_back() -> None:
    first = next_level("exact", [])
    assert next_level("exact", [Spent("exact", first.share, "unused")]) == first


def test_an_open_test_keeps_its_share_and_is_no_promotion() -> None:
    first = next_level("exact", [])
    second = next_level("exact", [Spent("exact", first.share, "open")])
    assert second.number == 2
    assert second.level < first.level
    assert second.promotions == 0


def test_exact_tests_leave_the_first_procedure_its_share() -> None:
    spent: list[Spent] = []
    for _ in range(50):
        spent.append(Spent("exact", next_level("exact", spent).share, "refused"))
    kept = LifetimeTerms().procedure_kept
    assert next_level("procedure", spent).share == pytest.approx(kept)


def test_eras_that_each_promote_go_on_at_levels_that_can_be_reached() -> None:
    spent: list[Spent] = []
    for _ in range(6):
        grant = next_level("procedure", spent)
        assert 1 / grant.level <= 100
        spent.append(Spent("procedure", grant.share, "accepted"))


def test_a_ledger_that_spent_too_much_is_refused() -> None:
    with pytest.raises(ValueError, match="add up to at most 1"):
        next_level("exact", [Spent("exact", 0.7, "refused"), Spent("procedure", 0.4, "open")])
    with pytest.raises(ValueError, match="leave some of 1"):
        LifetimeTerms(exact_first=0.8, procedure_kept=0.2)
