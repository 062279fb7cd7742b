"""A small company with habits, for tests of the learner."""

import random
from typing import Any

from libs.facts import flatten, holds
from libs.learning import Case, LearnedRule

VENDORS = ("Acme", "Birch", "Cobalt", "Dune", "Ember", "Fjord", "Gale", "Heron")
TEAMS = ("Design", "Legal", "Platform", "Support")
AMOUNTS = (500, 1200, 2500, 4800, 7000, 9000, 15000, 30000)


def request(chance: random.Random) -> dict[str, Any]:
    return {
        "vendor": chance.choice(VENDORS),
        "team": chance.choice(TEAMS),
        "amount": chance.choice(AMOUNTS),
        "urgency": chance.choice(("routine", "urgent")),
    }


def habit(document: dict[str, Any]) -> tuple[str, str | None]:
    """A person's habits: what she decides where the agent would say flag, and why."""
    if document["vendor"] in ("Acme", "Birch"):
        return "reject", "blocked-vendor"
    if document["team"] == "Support":
        return "approve", "support-is-short-staffed"
    if document["amount"] < 2000:
        return "approve", "small-change"
    return "flag", None


def case_of(
    number: int, document: dict[str, Any], expected: str, answered: str = "flag", **said: Any
) -> Case:
    facts = {"request": document, "draft": {"decision": answered}}
    return Case(
        key=f"q{number:04d}",
        trace_id=f"{number:032x}",
        facts=flatten(facts),
        inputs=document,
        answered=answered,
        expected=expected,
        precedent=said.get("precedent"),
        reason=said.get("reason", ""),
    )


def cases(seed: int, count: int, flips: float = 0.0, tags: bool = True) -> list[Case]:
    chance, found = random.Random(seed), []
    for number in range(count):
        document = request(chance)
        expected, tag = habit(document)
        if chance.random() < flips:
            expected = chance.choice(("approve", "reject", "flag"))
        precedent = tag if tags and expected != "flag" else None
        reason = f"because of {tag}" if tag else ""
        found.append(case_of(number, document, expected, precedent=precedent, reason=reason))
    return found


def answer_of(rules: list[LearnedRule], case: Case) -> str:
    for rule in rules:
        if all(holds(one, case.facts) for one in rule.conditions):
            return rule.answer
    return case.answered


def agreement(rules: list[LearnedRule], held_out: list[Case]) -> float:
    return sum(answer_of(rules, case) == case.expected for case in held_out) / len(held_out)
