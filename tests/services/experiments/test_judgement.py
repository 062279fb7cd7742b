"""The pure parts of a verdict: figures, guardrails, costs, and what is worth a sealed test."""

import pytest
from pawl_sdk.bundle import CostLimits, Guardrail

from benchmarks.acceptance import HARM, NULL, STRONG, simulate
from libs.contracts.events import PairedResult
from libs.stats.alpha import AlphaBudget
from services.experiments.domain.cases import Case, Cases
from services.experiments.domain.comparison import flips, paired_result
from services.experiments.domain.costs import cost_results
from services.experiments.domain.guardrails import (
    cannot_be_shown,
    error_guardrail,
    label_guardrail,
)
from services.experiments.domain.replayed import Replayed
from services.experiments.domain.screening import screen
from services.experiments.domain.sealed import alpha_use, not_worth_a_test, sealed_reasons

LABEL = "decision"


def case(number: int, expected: str = "approve", split: str = "mine", group: str = "") -> Case:
    return Case(
        example_key=f"r{number:03}", trace_id=f"{number:032x}", group=group or str(number),
        split=split, input={"n": number}, expected=expected,
    )  # fmt: skip


def said(cases: list[Case], *answers: str | None, **cost: float) -> dict[str, Replayed]:
    return {
        one.example_key: Replayed(
            output=None if answer is None else {LABEL: answer},
            error="broke" if answer is None else None,
            **cost,
        )
        for one, answer in zip(cases, answers, strict=True)
    }


def figures(wins: int, losses: int, n: int) -> PairedResult:
    cases = [case(number) for number in range(n)]
    before = ["approve" if i < losses else "reject" for i in range(n)]
    after = ["approve" if losses <= i < losses + wins else "reject" for i in range(n)]
    return paired_result(cases, said(cases, *before), said(cases, *after), LABEL)


# --- answers ---------------------------------------------------------------------------------


def test_an_error_is_never_the_right_answer() -> None:
    cases = [case(1), case(2, expected="None")]
    result = paired_result(cases, said(cases, "approve", None), said(cases, None, None), LABEL)
    assert (result.baseline_correct, result.candidate_correct, result.losses) == (1, 0, 1)


def test_an_answer_may_be_the_bare_label() -> None:
    bare = Replayed(output="approve")
    assert bare.answer(LABEL) == "approve"
    assert Replayed(output={"other": 1}).answer(LABEL) is None


def test_listing_a_sealed_example_is_an_error_not_a_leak() -> None:
    cases = [case(1, split="sealed")]
    with pytest.raises(ValueError, match="must never be listed"):
        flips(cases, said(cases, "reject"), said(cases, "approve"), LABEL)


def test_cases_are_ordered_by_key_whatever_order_they_come_in() -> None:
    cases = [case(n, split=("mine", "select", "sealed")[n % 3]) for n in range(9)]
    assert Cases.of(reversed(cases)) == Cases.of(cases)
    assert [one.example_key for one in Cases.of(cases).open] == [
        "r000", "r003", "r006", "r001", "r004", "r007",
    ]  # fmt: skip


def test_another_input_under_the_same_key_is_not_the_same_run() -> None:
    assert case(1).input_hash != case(1).model_copy(update={"input": {"n": 2}}).input_hash


# --- screening and worth ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mine", "select", "passes"),
    [((5, 0), (1, 0), True), ((5, 0), (0, 0), True), ((5, 0), (0, 1), False),
     ((0, 0), (0, 0), False), ((1, 2), (1, 0), False), ((2, 2), (1, 0), True)],
)  # fmt: skip
def test_the_screen_wants_a_gain_and_no_loss_on_select(mine, select, passes) -> None:
    assert (screen(figures(*mine, 50), figures(*select, 20)) == ()) == passes


def test_without_select_examples_the_screen_looks_at_mine_alone() -> None:
    assert screen(figures(3, 0, 50), figures(0, 0, 0)) == ()


def test_a_hopeless_test_is_not_paid_for_and_a_fair_one_is() -> None:
    weak, strong, none = figures(2, 0, 60), figures(12, 1, 60), figures(0, 0, 18)
    assert not_worth_a_test(strong, none, 52, 0.04, 0.05) is None
    reason = not_worth_a_test(weak, none, 52, 0.002, 0.05)
    assert reason is not None
    assert "join it with other changes" in reason
    assert not_worth_a_test(weak, none, 52, 0.002, 0.0) is None
    few = not_worth_a_test(strong, none, 4, 0.04, 0.0)
    assert few is not None
    assert "at least 5 wins" in few


def test_the_verdict_is_the_exact_test_at_its_level() -> None:
    assert sealed_reasons(figures(5, 0, 52), 0.04, (), ())[0]
    assert not sealed_reasons(figures(4, 0, 52), 0.04, (), ())[0]
    accepted, reasons = sealed_reasons(figures(5, 1, 52), 0.04, (), ())
    assert not accepted
    assert reasons[0] == (
        "sealed: 5 wins against 1 losses on 52 examples, p = 0.1094, over the level of 0.04"
    )


def test_near_copies_of_one_request_do_not_make_a_proof() -> None:
    cases = [case(n, group="the same") for n in range(10)]
    result = paired_result(
        cases, said(cases, *["reject"] * 10), said(cases, *["approve"] * 10), LABEL
    )
    assert (result.wins, result.group_wins, result.p_value) == (10, 1, 0.5)
    assert not sealed_reasons(result, 0.04, (), ())[0]


def test_the_report_says_what_a_test_did_to_the_budget() -> None:
    use = alpha_use(AlphaBudget(), [False], accepted=True)
    assert (use.test_number, use.budget) == (2, 0.05)
    assert use.level == pytest.approx(0.008)
    assert (use.spent_before, use.spent_after) == (pytest.approx(0.04), pytest.approx(0.042))


# --- guardrails and costs --------------------------------------------------------------------


def test_more_errors_break_the_built_in_guardrail() -> None:
    cases = [case(n) for n in range(100)]
    fine = said(cases, *["approve"] * 100)
    failing = said(cases, *[None] * 4, *["approve"] * 96)
    assert error_guardrail(cases, fine, fine, 0.05).passed
    broken = error_guardrail(cases, fine, failing, 0.05)
    assert (broken.passed, broken.candidate) == (False, pytest.approx(0.96))
    assert error_guardrail(cases, failing, fine, 0.05).passed


def test_a_label_guardrail_counts_the_runs_that_should_get_the_label_and_do_not() -> None:
    cases = [case(n, "reject" if n < 20 else "approve") for n in range(100)]
    before = said(cases, *["reject"] * 20, *["approve"] * 80)
    after = said(cases, *["approve"] * 8, *["reject"] * 12, *["approve"] * 80)
    rail = Guardrail(name="keep-rejections", label="reject", margin=0.1)
    result = label_guardrail(rail, LABEL, cases, before, after)
    assert (result.baseline, result.candidate) == (1.0, pytest.approx(0.92))
    assert not result.passed
    assert label_guardrail(rail, LABEL, cases, before, before).passed
    other = Guardrail(name="keep-approvals", label="approve", margin=0.1)
    assert label_guardrail(other, LABEL, cases, before, after).passed


def test_a_margin_of_zero_lets_no_share_fall_at_all() -> None:
    cases = [case(n, "reject") for n in range(30)]
    good, one_less = said(cases, *["reject"] * 30), said(cases, "approve", *["reject"] * 29)
    rail = Guardrail(name="never", label="reject", margin=0.0)
    assert label_guardrail(rail, LABEL, cases, good, good).passed
    assert not label_guardrail(rail, LABEL, cases, good, one_less).passed
    assert cannot_be_shown("never", 0.0, 30) is None


def test_a_guardrail_without_examples_is_not_taken_for_granted() -> None:
    assert (
        cannot_be_shown("empty", 0.1, 0) == "guardrail empty: there are no examples to show it on"
    )
    assert not error_guardrail([], {}, {}, 0.05).passed


def test_costs_are_held_to_their_ratio_and_noise_is_not_a_cost() -> None:
    cases = [case(n) for n in range(5)]
    answers = ["approve"] * 5
    cheap = said(cases, *answers, latency_ms=4.0, tokens=100, tool_calls=2)
    dear = said(cases, *answers, latency_ms=9.0, tokens=151, tool_calls=3)
    by_name = {one.measure: one for one in cost_results(cases, cheap, dear, None, 50.0)}
    assert by_name["latency_ms"].passed  # 2.25 times, yet only 5 ms
    assert not by_name["tokens"].passed
    assert by_name["tool_calls"].passed
    slow = said(cases, *answers, latency_ms=99.0, tokens=100, tool_calls=2)
    assert not cost_results(cases, cheap, slow, None, 50.0)[0].passed


def test_one_slow_run_does_not_make_a_config_slow() -> None:
    cases = [case(n) for n in range(5)]
    usual = said(cases, *["approve"] * 5, latency_ms=100.0)
    hiccup = usual | {"r000": Replayed(output={LABEL: "approve"}, latency_ms=9000.0)}
    assert cost_results(cases, usual, hiccup, None, 0.0)[0].passed


def test_only_declared_costs_are_limited_when_the_agent_declares_any() -> None:
    cases = [case(1)]
    free, dear = said(cases, "approve", tokens=1), said(cases, "approve", tokens=1000)
    limits = CostLimits(latency_ms=2.0)
    assert [one.measure for one in cost_results(cases, free, dear, limits, 0.0)] == ["latency_ms"]


# --- the promise, by simulation through the code above -----------------------------------------


@pytest.mark.parametrize("kinds", [(NULL,), (NULL, HARM)], ids=["null", "harm"])
def test_a_run_without_improvements_promotes_one_in_under_5_percent(kinds) -> None:
    """The miner fits the mine split as hard as it can and follows every bit it gets."""
    tally = simulate(120, 7, AlphaBudget(), kinds, tries=6)
    assert tally.sealed_tests > 120  # its proposals do get past the screen
    assert tally.error_rate <= 0.05


def test_real_improvements_pass_and_what_follows_them_does_not() -> None:
    tally = simulate(60, 8, AlphaBudget(), (STRONG, NULL), tries=6)
    assert tally.accepted > 40
    assert tally.error_rate <= 0.05


def test_the_simulation_is_seeded() -> None:
    assert simulate(5, 1, AlphaBudget(), (NULL,), tries=3) == simulate(
        5, 1, AlphaBudget(), (NULL,), tries=3
    )
