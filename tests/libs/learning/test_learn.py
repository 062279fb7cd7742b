"""The learner finds habits behind few and noisy decisions, and does not see what is not there."""

import os
import random
import subprocess
import sys
from dataclasses import replace

import pytest

from libs.facts import flatten
from libs.learning import Case, learn
from tests.libs.learning.world import agreement, case_of, cases, request


@pytest.mark.parametrize("tags", [True, False])
def test_habits_are_found_from_sixty_decisions_and_hold_on_fresh_ones(tags: bool) -> None:
    fresh = cases(999, 500)
    base = agreement([], fresh)
    learned = [agreement(learn(cases(seed, 60, flips=0.03, tags=tags)), fresh) for seed in range(5)]
    assert base < 0.55
    assert sum(learned) / 5 > 0.85


def test_the_order_of_cases_changes_nothing() -> None:
    found = cases(3, 50)
    assert learn(found) == learn(random.Random(1).sample(found, 50))


def test_without_any_wrong_answer_nothing_is_learned() -> None:
    right = [c for c in cases(4, 60) if not c.wrong]
    assert learn(right) == []
    assert learn([]) == []


def test_of_pure_noise_little_is_believed() -> None:
    """Labels drawn by lot: rules on it must be few, however long one looks for patterns."""
    chance = random.Random(8)
    counts = []
    for seed in range(5):
        noisy = [
            replace(
                case,
                expected=chance.choice(("approve", "flag", "flag", "flag")),
                precedent=None,
                reason="",
            )
            for case in cases(seed, 60)
        ]
        counts.append(len(learn(noisy)))
    assert sum(counts) / 5 <= 1


def _three_conditions(count: int) -> list[Case]:
    chance, found = random.Random(5), []
    for number in range(count):
        one = request(chance)
        meant = one["team"] in ("Design", "Legal") and one["amount"] >= 7000
        meant = meant and one["urgency"] == "urgent"
        found.append(case_of(number, one, "reject" if meant else "flag"))
    return found


def test_a_cause_of_several_conditions_is_found() -> None:
    found = _three_conditions(400)
    rules = learn(found)
    assert agreement(rules, found) > 0.99
    assert max(len(rule.conditions) for rule in rules) >= 3


def test_a_missing_fact_can_be_a_cause() -> None:
    chance, found = random.Random(6), []
    for number in range(80):
        one = request(chance)
        known = chance.random() < 0.7
        if chance.random() < 0.5:
            one["contract"] = "signed" if known else None
        elif known:
            one["contract"] = "drafted"
        found.append(case_of(number, one, "flag" if known else "approve"))
    rules = learn(found)
    assert [one.op for rule in rules for one in rule.conditions] == ["missing"]
    assert agreement(rules, found) == 1.0


@pytest.mark.parametrize("odd", [[], -5, 0, ""], ids=["empty-list", "negative", "zero", "no-text"])
def test_an_odd_value_can_be_a_cause(odd: object) -> None:
    usual = {list: ["a", "b"], int: 7, str: "text"}[type(odd)]
    chance, found = random.Random(7), []
    for number in range(60):
        strange = chance.random() < 0.3
        one = {**request(chance), "odd": odd if strange else usual}
        found.append(case_of(number, one, "reject" if strange else "flag"))
    assert agreement(learn(found), found) == 1.0


def test_any_name_of_the_answer_will_do_and_prose_of_the_agent_is_no_cause() -> None:
    chance, found = random.Random(9), []
    for number in range(90):
        one, answered = request(chance), chance.choice(("yes", "no", "ask"))
        draft = {"verdict": answered, "reasoning": f"I looked at {number}", "confidence": number}
        case = case_of(number, one, "no" if answered == "ask" else answered, answered)
        found.append(replace(case, facts=flatten({"request": one, "draft": draft})))
    rules = learn(found)
    assert {one.fact for rule in rules for one in rule.conditions} == {"draft.verdict"}
    assert agreement(rules, found) == 1.0


def test_an_agent_that_is_nearly_always_wrong_is_overruled() -> None:
    found = [replace(one, answered="reject") for one in cases(11, 200, tags=False)]
    assert agreement(learn(found), found) > 0.97


def test_the_seed_of_hashes_changes_nothing() -> None:
    program = (
        "from libs.learning import learn; from tests.libs.learning.world import cases;"
        "print([(r.conditions, r.answer) for r in learn(cases(3, 80, 0.05))])"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1] != "[]\n"
