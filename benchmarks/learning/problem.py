"""A problem for the learner: a log of reviewed cases, and fresh ones to count agreement on."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.facts import holds
from libs.learning import Case, LearnedRule


@dataclass(frozen=True)
class Problem:
    """`stream` in the order of the log. `fresh` is seen by no learner."""

    name: str
    stream: tuple[Case, ...]
    fresh: tuple[Case, ...]


def answer_of(rules: Sequence[LearnedRule], case: Case) -> str:
    """What the first rule that matches says, else what the agent answered."""
    for rule in rules:
        if all(holds(one, case.facts) for one in rule.conditions):
            return rule.answer
    return case.answered


def agreement(rules: Sequence[LearnedRule], cases: Sequence[Case]) -> float:
    """The share of cases answered as expected."""
    return sum(answer_of(rules, case) == case.expected for case in cases) / len(cases)


def conditions_in(rules: Sequence[LearnedRule]) -> int:
    """How much a list asks for."""
    return sum(len(rule.conditions) for rule in rules)
