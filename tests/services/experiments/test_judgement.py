"""The pure parts of a verdict: what counts as an answer, and which reviews are evidence."""

from pawl_sdk.bundle import CostLimits

from services.experiments.domain.cases import Case, fresh_of, lessons_of
from services.experiments.domain.comparison import paired_result
from services.experiments.domain.costs import cost_results
from services.experiments.domain.replayed import Replayed

LABEL = "decision"


def case(number: int, expected: str = "approve", position: int = 1, group: str = "") -> Case:
    return Case(
        example_key=f"r{number:03}", trace_id=f"{number:032x}", group=group or str(number),
        position=position, input={"n": number}, expected=expected,
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


def test_an_error_is_never_the_right_answer() -> None:
    cases = [case(1), case(2, expected="None")]
    result = paired_result(cases, said(cases, "approve", None), said(cases, None, None), LABEL)
    assert (result.baseline_correct, result.candidate_correct, result.losses) == (1, 0, 1)


def test_an_answer_may_be_the_bare_label() -> None:
    bare = Replayed(output="approve")
    assert bare.answer(LABEL) == "approve"
    assert Replayed(output={"other": 1}).answer(LABEL) is None


def test_another_input_under_the_same_key_is_not_the_same_run() -> None:
    assert case(1).input_hash != case(1).model_copy(update={"input": {"n": 2}}).input_hash


def test_of_a_lesson_the_last_word_counts_and_of_evidence_the_first() -> None:
    said_twice = (case(1, "approve", 1), case(2, "approve", 2), case(1, "reject", 3))
    assert [one.position for one in lessons_of(said_twice, 10)] == [2, 3]
    assert [one.position for one in lessons_of(said_twice, 1)] == [3], "the newest"
    assert [one.position for one in fresh_of(said_twice, [])] == [1, 2]
    assert [one.position for one in fresh_of(said_twice, ["r002"])] == [1]


def test_near_copies_of_one_request_do_not_make_a_proof() -> None:
    cases = [case(n, group="the same") for n in range(10)]
    result = paired_result(
        cases, said(cases, *["reject"] * 10), said(cases, *["approve"] * 10), LABEL
    )
    assert (result.wins, result.group_wins, result.p_value) == (10, 1, 0.5)


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
    limited = [one.measure for one in cost_results(cases, free, dear, limits, 0.0)]
    assert limited == ["latency_ms", "latency_p95_ms"]
