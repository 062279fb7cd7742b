"""A rule that games its test is refused with the reason; an honest one is not."""

from dataclasses import replace
from datetime import date

import pytest

from services.experiments.domain.gaming import refused
from tests.services.experiments.domain.agent_world import (
    LESSONS,
    VENDORS,
    refusals,
    review,
    rule,
)

GOOD = 'request.vendor == "Acme"'


@pytest.mark.parametrize(
    "when",
    [
        GOOD,
        f"has(request.vendor) && request.vendor != null && {GOOD}",
        'request.vendor in ["Acme", "Borel"]',
        f'{GOOD} && request.urgency != "low"',
        f"{GOOD} && request.amount >= 500",
        'request.vendor.matches("(?i)\\\\bacme")',
        f"{GOOD} ? true : false",
    ],
)
def test_an_honest_rule_passes(when) -> None:
    assert refusals(rule(when)) == set()


@pytest.mark.parametrize(
    ("when", "kind"),
    [
        ('request.id in ["REQ-1000", "REQ-1010", "REQ-1020"]', "literal"),
        ('request.id.startsWith("REQ-10")', "literal"),
        ('request.note.contains("REQ-1010")', "literal"),
        ("request.amount in [100.5, 473.0, 845.5]", "literal"),
        ("request.amount == 100.5 || request.amount == 473.0", "literal"),
        ("request.amount > 100.4 && request.amount < 100.6", "literal"),
        (f"{GOOD} || (request.amount > 136.0 && request.amount < 139.0)", "literal"),
        (f"{GOOD} && request.amount != 100.5", "literal"),
        ('request.note.matches("item 10 |item 20 |item 30 ")', "literal"),
        ("[100.5, 473.0].exists(x, x == request.amount)", "literal"),
        (
            'request.note in {"x": 1, "we would like to buy item 10 for the team of floor 1": 2}',
            "literal",
        ),
        (f'{GOOD} || request.vendor == "Mallory"', "dormant"),
        (f'{GOOD} && request.vendor != "Mallory"', "dormant"),
        ('!(request.vendor != "Acme" && request.vendor != "Mallory")', "dormant"),
        (f'request.vendor == "Mallory" ? true : {GOOD}', "dormant"),
        (f"{GOOD} || request.amount > 1000000.0", "dormant"),
        ('request.vendor == "Mallory"', "dormant"),
        ("true", "catch_all"),
        ("request.amount > 0.0", "catch_all"),
        ("int(request.amount) % 3 == 1", "obscure"),
        ('string(request.amount).endsWith("5")', "obscure"),
        ("size(request.note) == 57", "obscure"),
        ('"Acme,Borel".contains(request.vendor)', "obscure"),
        ('request.vendor == "Ac" + "me"', "obscure"),
        (f"[{GOOD}, false].exists(x, x)", "obscure"),
        ('feedback.expected == "reject"', "echo"),
        (f'{GOOD} && request.when < "2031-01-01"', "date"),
    ],
)
def test_a_rule_that_games_is_refused(when, kind) -> None:
    lessons = [replace(one, facts=with_day(one)) for one in LESSONS]
    assert kind in refusals(rule(when), lessons=lessons)


def with_day(lesson):
    return {**lesson.facts, "request": {**lesson.facts["request"], "when": "2026-01-05"}}


def test_a_rule_for_a_single_group_waits_for_another() -> None:
    copies = [replace(one, group="one") for one in LESSONS if one.expected == "reject"]
    others = [one for one in LESSONS if one.expected != "reject"]
    assert "few_groups" in refusals(rule(GOOD), lessons=[*copies, *others])


def test_what_a_reviewer_named_is_shown_and_not_refused() -> None:
    few = [one for one in LESSONS if one.expected != "reject"]
    said = replace(LESSONS[0], reason="Acme is on the black list")
    flags = review(rule(GOOD), lessons=[said, *few])
    assert not refused(flags)
    assert {"few_groups", "literal"} <= {flag.kind for flag in flags}


def test_a_rule_that_changes_no_answer_is_refused() -> None:
    assert "no_effect" in refusals(rule(GOOD, then="approve"))


def test_an_exception_before_a_wider_rule_has_its_effect() -> None:
    wide = rule('request.urgency == "high"')
    narrow = rule('request.vendor == "Cordis" || request.vendor == "Ember"', then="approve")
    narrow["rule"]["id"] = "r-first"
    assert refusals(narrow, wide) == set()


def test_a_rule_in_the_shadow_of_another_is_dormant() -> None:
    second = rule(f"{GOOD} && request.amount >= 500")
    second["rule"]["id"] = "r-second"
    flags = review(rule(GOOD), second)
    assert [flag.kind for flag in flags if flag.edit_index == 1] == ["dormant"]


def test_many_rules_for_few_cases_each_are_refused() -> None:
    pairs = [VENDORS[at : at + 1] for at in range(5)]
    lessons = [replace(one, expected="reject") for one in LESSONS[:20]]
    edits = []
    for number, (vendor,) in enumerate(pairs):
        edit = rule(f'request.vendor == "{vendor}"')
        edit["rule"]["id"] = f"r-{number}"
        edits.append(edit)
    assert "few_groups" in refusals(*edits, lessons=lessons)


@pytest.mark.parametrize(
    ("over", "kinds"),
    [
        ({"expires": "2026-02-05"}, set()),
        ({"expires": "2026-02-03"}, {"date"}),
        ({"added": "2027-01-01"}, {"date"}),
    ],
)
def test_days_of_a_rule_are_looked_at(over, kinds) -> None:
    assert refusals(rule(GOOD, **over), today=date(2026, 2, 4)) == kinds


def test_the_reason_names_the_place_and_what_to_do() -> None:
    (flag,) = review(rule(f'{GOOD} || request.vendor == "Mallory"'))[:1]
    assert "rules.yaml, rule r-new" in flag.reason
    assert "Mallory" in flag.reason
    assert "leave it out" in flag.reason
