"""Guardrails and costs refuse what is worse, and nothing else."""

import random
from collections.abc import Sequence

import pytest
from pawl_sdk.bundle import AgentSpec, CostLimits, Guardrail, NeverEvent, Task

from services.experiments.domain.cases import Case
from services.experiments.domain.costs import answer_costs, cost_results, over_budget
from services.experiments.domain.guardrails import (
    broken,
    label_guardrail,
    not_yet_shown,
    recall_guardrails,
    recall_name,
)
from services.experiments.domain.limits import Limits, limit_results
from services.experiments.domain.never_events import bounds, happened, never_results
from services.experiments.domain.replayed import Replayed, Replays

LABEL = "answer"
TERMS = Limits(error_margin=0.02, latency_floor_ms=50.0)


def cases(expected: Sequence[str]) -> list[Case]:
    return [
        Case(
            example_key=f"k{n}",
            trace_id=f"{n:032x}",
            group=f"g{n}",
            input={"n": n},
            expected=wanted,
            position=n + 1,
        )
        for n, wanted in enumerate(expected)
    ]


def replays(answers: Sequence[str | None], times: Sequence[float] = ()) -> Replays:
    found = {}
    for n, answer in enumerate(answers):
        output = None if answer is None else {LABEL: answer}
        found[f"k{n}"] = Replayed(output=output, latency_ms=times[n] if times else 10.0, tokens=100)
    return found


def lost(n: int, count: int, by: str = "approve") -> tuple[list[Case], Replays, Replays]:
    """`n` rejects and as many approvals; the candidate loses `count` of the rejects."""
    wanted = ["reject"] * n + ["approve"] * n
    after = [by] * count + ["reject"] * (n - count) + ["approve"] * n
    return cases(wanted), replays(wanted), replays(after)


def test_every_label_is_kept_without_being_declared() -> None:
    mine, before, after = lost(40, 8)
    rails = {rail.name: rail for rail in recall_guardrails(LABEL, mine, before, after)}
    assert not rails[recall_name("reject")].passed
    assert rails[recall_name("approve")].passed
    assert "80.0% after" in broken(list(rails.values()))[0]


@pytest.mark.parametrize(("n", "count"), [(12, 0), (12, 1), (12, 2), (40, 2)])
def test_a_label_with_few_examples_is_not_yet_shown_and_refuses_nothing(n, count) -> None:
    rails = recall_guardrails(LABEL, *lost(n, count))
    assert broken(rails) == ()
    assert len(not_yet_shown(rails)) == 2


def test_a_label_with_hardly_any_example_is_not_counted() -> None:
    assert recall_guardrails(LABEL, *lost(9, 9)) == ()


def test_of_what_a_person_declared_the_figures_are_enough() -> None:
    rail = Guardrail(name="rejects", label="reject", margin=0.02)
    assert not label_guardrail(rail, LABEL, *lost(20, 1)).passed
    held = label_guardrail(rail, LABEL, *lost(20, 0))
    assert held.passed
    assert held.shown is False


def test_enough_examples_show_that_a_label_is_kept() -> None:
    rails = recall_guardrails(LABEL, *lost(400, 2))
    assert [(rail.passed, rail.shown) for rail in rails] == [(True, True), (True, True)]


def test_a_good_change_is_hardly_ever_refused_by_accident() -> None:
    """12 % wins, 2 % losses on 150 reviews of three labels."""
    rng = random.Random(5)
    refusals = 0
    for _ in range(300):
        wanted = [rng.choice(("approve", "reject", "flag")) for _ in range(150)]
        before, after = [], []
        for one in wanted:
            draw, wrong = rng.random(), "other"
            was = wrong if draw < 0.12 or 0.14 <= draw < 0.4 else one
            now = one if draw < 0.12 else wrong if draw < 0.14 else was
            before.append(was)
            after.append(now)
        rails = recall_guardrails(LABEL, cases(wanted), replays(before), replays(after))
        refusals += bool(broken(rails))
    assert refusals / 300 <= 0.02


def test_an_event_that_must_never_happen_refuses_at_its_first_time() -> None:
    never = [NeverEvent(expected="reject", answered="approve")]
    (rail,) = never_results(never, LABEL, *lost(300, 1))
    assert "1 of 300" in happened([rail])[0]
    (other,) = never_results(never, LABEL, *lost(300, 1, by="flag"))
    assert other.passed


def test_an_event_that_the_incumbent_has_too_is_no_reason() -> None:
    mine, _, after = lost(50, 2)
    (rail,) = never_results(
        [NeverEvent(expected="reject", answered="approve")], LABEL, mine, after, after
    )
    assert rail.passed
    assert rail.baseline == pytest.approx(0.96)


@pytest.mark.parametrize(("n", "bound"), [(30, 0.095), (300, 0.00994)])
def test_no_event_in_n_rules_out_three_in_n(n, bound) -> None:
    never = [NeverEvent(expected="reject", answered="approve", at_most=0.01)]
    (rail,) = never_results(never, LABEL, *lost(n, 0))
    assert rail.rate_max == pytest.approx(bound, abs=2e-3)
    assert rail.shown is (n == 300)
    assert "not ruled out" in bounds([rail])[0]


COSTLY = Task(label=LABEL, labels=("approve", "reject"), costs={"reject": {"approve": 20.0}})


def test_a_gain_that_costs_more_than_it_wins_is_refused() -> None:
    wanted = ["reject"] * 40 + ["approve"] * 60
    before = ["reject"] * 40 + ["reject"] * 30 + ["approve"] * 30
    after = ["approve"] * 8 + ["reject"] * 32 + ["approve"] * 60
    found = answer_costs(COSTLY, cases(wanted), replays(before), replays(after))
    assert [(one.baseline, one.candidate, one.passed) for one in found] == [(0.3, 1.6, False)]
    assert "shown to grow" in over_budget(found)[0]


def test_what_is_no_more_than_an_accident_costs_nothing() -> None:
    found = answer_costs(COSTLY, *lost(100, 1))
    assert [one.passed for one in found] == [True]
    assert answer_costs(Task(label=LABEL), *lost(100, 1)) == ()


def test_a_run_without_an_answer_costs_what_the_worst_one_does() -> None:
    assert COSTLY.cost_of("reject", None) == 20.0
    assert COSTLY.cost_of("approve", "reject") == 1.0
    assert COSTLY.cost_of("approve", "approve") == 0.0
    with pytest.raises(ValueError, match="costs"):
        Task(label=LABEL, labels=("approve",), costs={"refuse": {"approve": 1}})


def timed(rng: random.Random, n: int, slow: float = 1.0, tail: float = 0.0) -> tuple[bool, ...]:
    """Both arms in turn on a machine whose speed changes."""
    before, after = [], []
    for _ in range(n):
        load = rng.lognormvariate(0, 0.6)
        before.append(100 * load * rng.lognormvariate(0, 0.3))
        longer = 12.0 if rng.random() < tail else slow
        after.append(100 * load * longer * rng.lognormvariate(0, 0.3))
    wanted = ["approve"] * n
    found = cost_results(
        cases(wanted),
        replays(wanted, before),
        replays(wanted, after),
        CostLimits(latency_ms=1.5),
        50,
    )
    assert [one.measure for one in found] == ["latency_ms", "latency_p95_ms"]
    return tuple(one.passed for one in found)


@pytest.mark.parametrize("n", [8, 30, 150])
def test_a_slow_machine_is_no_regression(n) -> None:
    rng = random.Random(n)
    worse = [not all(timed(rng, n)) for _ in range(200)]
    assert sum(worse) / 200 <= 0.05


def test_what_is_slower_is_refused_by_the_median_or_by_the_tail() -> None:
    rng = random.Random(2)
    assert sum(not timed(rng, 60, slow=2.5)[0] for _ in range(50)) >= 48
    tails = [timed(rng, 150, tail=0.2) for _ in range(50)]
    assert sum(not tail for _, tail in tails) >= 45
    assert sum(middle for middle, _ in tails) >= 48


def test_all_limits_together_only_refuse() -> None:
    spec = AgentSpec(
        name="desk", task=COSTLY, never=(NeverEvent(expected="reject", answered="approve"),)
    )
    mine, before, after = lost(60, 0)
    rails, costs = limit_results(spec, LABEL, mine, before, after, TERMS)
    assert TERMS.broken(rails, costs) == ()
    assert len(TERMS.notes(rails)) >= 1
    mine, before, after = lost(60, 15)
    rails, costs = limit_results(spec, LABEL, mine, before, after, TERMS)
    said = " ".join(TERMS.broken(rails, costs))
    assert "never approve where reject is right" in said
    assert "right answers where reject is expected" in said
    assert "what wrong answers cost" in said
