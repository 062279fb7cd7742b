"""Rules are told to people without the names that only the agent's author knows."""

import pytest
from pydantic import JsonValue

from libs.contracts.events import Condition
from libs.facts import in_words


def condition(fact: str, op: str, value: JsonValue, of_list: bool = False) -> Condition:
    return Condition(fact=fact, op=op, value=value, of_list=of_list)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (condition("request.vendor", "eq", "Acme"), "the request's vendor is Acme"),
        (condition("request.vendor", "ne", "Acme"), "the request's vendor is not Acme"),
        (condition("request.amount", "ge", 3500), "the request's amount is at least 3,500"),
        (condition("request.amount", "lt", 0.5), "the request's amount is below 0.5"),
        (condition("request.is_renewal", "eq", False), 'the request is not marked "renewal"'),
        (condition("request.is_renewal", "ne", False), 'the request is marked "renewal"'),
        (condition("vendor.has_contract", "eq", True), "the vendor has a contract"),
        (condition("budget.exhausted", "eq", True), 'the budget is marked "exhausted"'),
        (
            condition("vendor.sla.misses_a_year", "ge", 2),
            "the vendor sla's misses a year is at least 2",
        ),
        (condition("request.note", "contains", "outage"), 'the request\'s note mentions "outage"'),
        (condition("request.note", "percent_ge", 10), "the request's note names 10 % or more"),
        (
            condition("vendor.categories", "contains", "it", of_list=True),
            "the vendor's categories include it",
        ),
        (condition("policy.hits", "size_ge", 2), "the policy's hits number at least 2"),
        (condition("city", "in", ["Rome", "Oslo"]), "the city is one of Rome, Oslo"),
        (condition("draft.decision", "eq", "reject"), "the agent's own decision is reject"),
    ],
)
def test_a_condition_is_said_in_words(one: Condition, said: str) -> None:
    assert in_words([one]) == said


def test_what_belongs_to_the_same_thing_is_said_in_one_breath() -> None:
    told = in_words(
        [
            condition("request.vendor", "eq", "Acme"),
            condition("request.amount", "ge", 5000),
            condition("vendor.status", "eq", "approved"),
        ]
    )
    assert told == (
        "the request's vendor is Acme and its amount is at least 5,000 "
        "and the vendor's status is approved"
    )


def test_two_ends_of_one_number_are_said_as_one() -> None:
    told = in_words(
        [
            condition("request.rise", "ge", 10),
            condition("request.rise", "lt", 20),
            condition("request.vendor", "eq", "Acme"),
        ]
    )
    assert told == "the request's rise is from 10 to below 20 and its vendor is Acme"
