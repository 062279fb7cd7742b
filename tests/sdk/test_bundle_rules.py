"""Rules: the first that holds wins; one that breaks is reported and never breaks the run."""

import json
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pawl_sdk.bundle import BundleError, Rule, RuleSet
from pawl_sdk.bundle.recorded import as_json, as_recorded

from libs.facts import plain

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
    outcome = RuleSet([rule("a", "true")]).evaluate({**FACTS, TODAY: "odd"}, TODAY)  # type: ignore[dict-item]
    assert outcome.answer == FACTS["draft"]
    assert outcome.faults


def test_nested_loops_are_refused_since_one_could_stall_every_run() -> None:
    when = "a.all(x, a.all(y, a.exists(z, z == x + y)))"
    with pytest.raises(BundleError, match="loops"):
        RuleSet([rule("a", when)])


def test_a_draft_that_is_no_object_breaks_no_run() -> None:
    assert RuleSet([rule("a", "true")]).evaluate({"draft": "approve"}, TODAY).fired == "a"


@pytest.mark.parametrize(
    ("fact", "when", "fired"),
    [
        (Decimal(10), "fact > 5.0", None),
        (Decimal(10), "fact == '10'", "a"),
        (date(2026, 1, 1), "fact == '2026-01-01'", "a"),
        (date(2026, 1, 1), "request.amount == 5000", "a"),
        ("cut \ud83d", "fact == 'cut ?'", "a"),
        (float("nan"), "fact == null", "a"),
        (10**400, "fact == null", "a"),
        (MappingProxyType({"limit": 5}), "fact.limit == 5", "a"),
        ({1: 2}, "fact['1'] == 2", "a"),
    ],
)
def test_rules_read_facts_as_the_trace_records_them(
    fact: Any, when: str, fired: str | None
) -> None:
    rules, facts = RuleSet([rule("a", when)]), {**FACTS, "fact": fact}
    recorded = plain(json.loads(as_json(facts)))
    assert isinstance(recorded, dict)
    live, later = rules.evaluate(facts, TODAY), rules.evaluate(recorded, TODAY)
    assert (live.fired, live.faults) == (later.fired, later.faults)
    assert live.fired == fired


def test_the_answer_keeps_the_values_of_the_draft() -> None:
    draft = {"amount": Decimal(10)}
    assert RuleSet([]).evaluate({"draft": draft}, TODAY).answer == draft


FACT = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), FACT))
def test_facts_that_were_recorded_are_read_as_they_are(facts: dict[str, Any]) -> None:
    assert repr(as_recorded(facts)) == repr(facts)
