"""What each rule of a list does to the mined cases, in figures and in reviewers' words."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.contracts.api import ClusterView
from libs.facts import holds
from libs.learning import Case, LearnedRule

QUOTES_MAX = 3
QUOTE_CHARS_MAX = 240
EXEMPLARS_MAX = 5


@dataclass(frozen=True)
class RuleEffect:
    """Cases whose answer the rule changes, under first-match order."""

    rule: LearnedRule
    won: tuple[Case, ...]
    lost: tuple[Case, ...]
    neutral: tuple[Case, ...]
    """Wrong before and wrong after."""

    @property
    def gain(self) -> int:
        return len(self.won) - len(self.lost)

    @property
    def changed(self) -> tuple[Case, ...]:
        return (*self.won, *self.lost, *self.neutral)

    def quotes(self) -> tuple[str, ...]:
        """Different reasons of the cases that it puts right, shortened."""
        reasons = dict.fromkeys(case.reason.strip() for case in self.won if case.reason.strip())
        return tuple(reason[:QUOTE_CHARS_MAX] for reason in list(reasons)[:QUOTES_MAX])

    def exemplars(self) -> tuple[str, ...]:
        return tuple(case.trace_id for case in self.won[:EXEMPLARS_MAX])

    def cluster_id(self, clusters: Sequence[ClusterView]) -> str | None:
        """The cluster that shares most traces with what the rule puts right."""
        traces = {case.trace_id for case in self.won}
        shared = [(len(traces & set(one.members)), one.cluster_id) for one in clusters]
        count, cluster_id = max(shared, default=(0, ""))
        return cluster_id if count else None


def effects(rules: Sequence[LearnedRule], cases: Sequence[Case]) -> list[RuleEffect]:
    """One effect a rule, in the order of the list."""
    found: list[tuple[list[Case], list[Case], list[Case]]] = [([], [], []) for _ in rules]
    for case in sorted(cases, key=lambda one: one.key):
        index = first_match(rules, case)
        if index is None or rules[index].answer == case.answered:
            continue
        right = rules[index].answer == case.expected
        place = 0 if right else 2 if case.wrong else 1
        found[index][place].append(case)
    return [
        RuleEffect(rule, tuple(won), tuple(lost), tuple(neutral))
        for rule, (won, lost, neutral) in zip(rules, found, strict=True)
    ]


def first_match(rules: Sequence[LearnedRule], case: Case) -> int | None:
    """The index of the rule that decides the case."""
    for index, rule in enumerate(rules):
        if all(holds(condition, case.facts) for condition in rule.conditions):
            return index
    return None
