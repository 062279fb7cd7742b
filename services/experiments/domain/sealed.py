"""The one test on the sealed split: whether it is worth its level, and what it says."""

from collections.abc import Sequence

from libs.contracts.events import AlphaUse, CostResult, GuardrailResult, PairedResult
from libs.stats.alpha import AlphaBudget
from libs.stats.paired import wins_needed
from libs.stats.power import assurance_of_paired_test
from services.experiments.domain.costs import over_budget
from services.experiments.domain.guardrails import broken


def not_worth_a_test(
    mine: PairedResult, select: PairedResult, sealed_groups: int, level: float, power_min: float
) -> str | None:
    """Why a sealed test would waste its level; None when it has a fair chance.

    Decided on mine and select and on the size of the sealed split alone, so it costs no alpha.
    """
    least = wins_needed(0, level)
    if sealed_groups < least:
        return (
            f"sealed: {sealed_groups} independent examples cannot pass at level {level:.4g}: at "
            f"least {least} wins are needed; wait for more feedback"
        )
    seen = (mine.groups or mine.n) + (select.groups or select.n)
    wins = _of(mine.group_wins, mine.wins) + _of(select.group_wins, select.wins)
    losses = _of(mine.group_losses, mine.losses) + _of(select.group_losses, select.losses)
    chance = assurance_of_paired_test(sealed_groups, seen, wins, losses, level)
    if chance >= power_min:
        return None
    return (
        f"sealed: with {wins} wins against {losses} losses on {seen} open examples, a test on "
        f"{sealed_groups} at level {level:.4g} would pass in {chance:.1%} of the cases, under the "
        f"{power_min:.0%} that are worth a test; join it with other changes"
    )


def _of(by_group: int | None, by_example: int) -> int:
    return by_example if by_group is None else by_group


def alpha_use(budget: AlphaBudget, before: Sequence[bool], accepted: bool) -> AlphaUse:
    """What this test did to the budget, for the report."""
    level = budget.level_after(before)
    if level is None:
        raise ValueError(f"all {budget.tests_max} tests of the budget were used before this one")
    return AlphaUse(
        test_number=level.test_number,
        level=level.level,
        spent_before=budget.spent_after(before),
        spent_after=budget.spent_after([*before, accepted]),
        budget=budget.budget,
    )


def sealed_reasons(
    sealed: PairedResult,
    level: float,
    guardrails: Sequence[GuardrailResult],
    costs: Sequence[CostResult],
) -> tuple[bool, tuple[str, ...]]:
    """Whether the proposal is accepted, and why or why not.

    Two outcomes, never a third: the promise of the alpha budget is over accept and refuse.
    """
    figures = (
        f"sealed: {sealed.wins} wins against {sealed.losses} losses on {sealed.n} examples, "
        f"p = {sealed.p_value:.4g}"
    )
    against = broken(guardrails) + over_budget(costs)
    if sealed.p_value > level:
        against = (f"{figures}, over the level of {level:.4g}", *against)
    if against:
        return False, against
    return True, (f"{figures}, within the level of {level:.4g}", "guardrails and costs hold")
