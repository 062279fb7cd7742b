"""From cases to a list of rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.contracts.events import Condition
from libs.learning.case import Case
from libs.learning.prior import Prior
from libs.learning.search import Rules, Search
from libs.learning.table import CaseTable, table_of
from libs.learning.threads import one_thread

CASES_MIN = 4
SEARCHED_MAX = 1_500
"""The search looks at so many cases; more make it slower and hardly better."""


@dataclass(frozen=True)
class LearnedRule:
    """`optional` are facts that some case lacked: a rule's expression has to ask for them first."""

    conditions: tuple[Condition, ...]
    answer: str
    optional: frozenset[str]


def learn(cases: Sequence[Case], prior: Prior | None = None) -> list[LearnedRule]:
    """The list, first rule first. Equal cases give an equal list, in whatever order they come."""
    prior = prior or Prior()
    ordered = evenly(sorted(cases, key=lambda case: case.key), SEARCHED_MAX)
    if not learnable(ordered):
        return []
    table = table_of(ordered, prior)
    with one_thread():
        return spelled(Search(table, prior).run(), table)


def evenly(cases: Sequence[Case], limit: int) -> Sequence[Case]:
    """At most so many, spread evenly."""
    if len(cases) <= limit:
        return cases
    return [cases[place * len(cases) // limit] for place in range(limit)]


def learnable(cases: Sequence[Case]) -> bool:
    """Whether there is anything to mend."""
    return len(cases) >= CASES_MIN and any(case.wrong for case in cases)


def spelled(rules: Rules, table: CaseTable) -> list[LearnedRule]:
    """Rules of indexes as rules of conditions."""
    vocabulary = table.vocabulary
    return [
        LearnedRule(
            conditions=tuple(vocabulary.conditions[index] for index in rule.conditions),
            answer=table.labels[rule.answer],
            optional=vocabulary.optional,
        )
        for rule in rules
    ]
