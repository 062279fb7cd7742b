"""What a list of rules answers, and rules as plain JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from libs.contracts.events import Condition
from libs.facts import Flat, holds
from libs.learning import LearnedRule

Rules = tuple[LearnedRule, ...]


def answer_of(rules: Sequence[LearnedRule], facts: Flat, otherwise: str) -> str:
    """The answer of the first rule whose conditions all hold; the agent's own without one."""
    for rule in rules:
        if all(holds(condition, facts) for condition in rule.conditions):
            return rule.answer
    return otherwise


def rules_as_json(rules: Sequence[LearnedRule]) -> list[dict[str, Any]]:
    """Plain JSON, the first rule first; `rules_of_json` reads it."""
    return [
        {
            "conditions": [condition.model_dump(mode="json") for condition in rule.conditions],
            "answer": rule.answer,
            "optional": sorted(rule.optional),
        }
        for rule in rules
    ]


def rules_of_json(found: Sequence[Mapping[str, Any]]) -> Rules:
    """The rules that `rules_as_json` wrote."""
    return tuple(
        LearnedRule(
            conditions=tuple(Condition.model_validate(one) for one in rule["conditions"]),
            answer=rule["answer"],
            optional=frozenset(rule["optional"]),
        )
        for rule in found
    )
