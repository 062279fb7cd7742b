"""Rules: the first that holds wins; one that breaks is reported and never breaks the run."""

from datetime import date
from typing import Any

import pytest
from pawl_sdk.bundle import BundleError, Rule, RuleSet

TODAY = date(2026, 6, 1)
FACTS: dict[str, Any] = {
    "request": {"amount": 5000, "department": "Security", "urgency": "routine"},
    "draft": {"decision": "reject", "notes": {"a": 1}},
}


def rule(name: str, when: str, **more: Any) -> Rule:
    fields = {"id": name, "when": when, "then": {"decision": name}, "added": "2026-01-01"}
    return Rule.model_validate(fields | more)


def test_the_first_match_in_file_order_wins() -> None:
    rules = RuleSet([rule("no", "request.amount > 5000"), rule("b", "true"), rule("c", "true")])
    outcome = rules.evaluate(FACTS, TODAY)
    assert (outcome.fired, outcome.answer["decision"]) == ("b", "b")


def test_then_goes_over_the_draft_and_the_draft_is_untouched() -> None:
    rules = RuleSet([rule("a", "true", then={"notes": {"b": 2}, "decision": "approve"})])
    outcome = rules.evaluate(FACTS, TODAY)
    assert outcome.answer == {"decision": "approve", "notes": {"a": 1, "b": 2}}
    assert FACTS["draft"] == {"decision": "reject", "notes": {"a": 1}}


def test_without_a_match_the_draft_is_the_answer() -> None:
    outcome = RuleSet([rule("a", "false")]).evaluate(FACTS, TODAY)
    assert (outcome.answer, outcome.fired, outcome.faults) == (FACTS["draft"], None, ())


@pytest.mark.parametrize(("expires", "fired"), [("2026-05-31", "b"), ("2026-06-01", "a")])
def test_a_rule_holds_until_the_end_of_its_last_day(expires: str, fired: str) -> None:
    rules = RuleSet([rule("a", "true", expires=expires), rule("b", "true")])
    assert rules.evaluate(FACTS, TODAY).fired == fired


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("request.missing > 1", "no field 'missing'"),
        ("nobody.x", "nobody"),
        ("request.department", "expected true or false, came 'Security'"),
        ("request.amount + 'x' == 'y'", "overload"),
    ],
)
def test_a_broken_rule_is_reported_and_the_next_one_runs(when: str, words: str) -> None:
    outcome = RuleSet([rule("broken", when), rule("next", "true")]).evaluate(FACTS, TODAY)
    assert outcome.fired == "next"
    assert outcome.faults[0].rule_id == "broken"
    assert words in outcome.faults[0].message


def test_whole_and_decimal_numbers_compare() -> None:
    assert RuleSet([rule("a", "request.amount < 5000.5")]).evaluate(FACTS, TODAY).fired == "a"


def test_facts_that_are_no_json_leave_the_draft_as_the_answer() -> None:
    outcome = RuleSet([rule("a", "true")]).evaluate({**FACTS, "odd": object()}, TODAY)
    assert outcome.answer == FACTS["draft"]
    assert outcome.faults


def test_nested_loops_are_refused_since_one_could_stall_every_run() -> None:
    when = "a.all(x, a.all(y, a.exists(z, z == x + y)))"
    with pytest.raises(BundleError, match="loops"):
        RuleSet([rule("a", when)])
