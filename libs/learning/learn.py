"""The search for the best list: insert, replace and drop rules until nothing gains."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from libs.contracts.events import Condition
from libs.learning.candidates import Candidates, candidates_of
from libs.learning.case import Case
from libs.learning.prior import Prior
from libs.learning.score import Scorer
from libs.learning.table import Bools, CaseTable, table_of

GAIN_MIN = 1e-6
IMPOSSIBLE = -1e9
CASES_MIN = 4
Order = list[int]


@dataclass(frozen=True)
class LearnedRule:
    """`optional` are facts that some case lacked: a rule's expression has to ask for them first."""

    conditions: tuple[Condition, ...]
    answer: str
    optional: frozenset[str]


def learn(cases: Sequence[Case], prior: Prior | None = None) -> list[LearnedRule]:
    """The list, first rule first. Equal cases give an equal list, in whatever order they come."""
    prior = prior or Prior()
    ordered = sorted(cases, key=lambda case: case.key)
    if len(ordered) < CASES_MIN or not any(case.wrong for case in ordered):
        return []
    table = table_of(ordered, prior)
    search = _Search(table, prior)
    optional = table.vocabulary.optional
    return [
        LearnedRule(
            conditions=tuple(table.vocabulary.conditions[i] for i in search.pool.conditions[rule]),
            answer=table.labels[search.pool.answers[rule]],
            optional=optional,
        )
        for rule in search.run()
    ]


class _Search:
    def __init__(self, table: CaseTable, prior: Prior) -> None:
        self._table, self._prior = table, prior
        self._scorer = Scorer(table, prior)
        self.pool = self._promising(candidates_of(table, prior))
        self._covers = self.pool.covers.astype(np.float32)

    def _promising(self, pool: Candidates) -> Candidates:
        """The best on their own, when there are too many."""
        if len(pool) <= self._prior.candidates_max:
            return pool
        covers = pool.covers.astype(np.float32)
        rest = self._table.confusion.sum(axis=0)[None] - covers @ self._table.confusion
        alone = self._scorer.rule(covers @ self._table.counted, pool.answers)
        alone = alone + pool.priors + self._scorer.rest(rest)
        order = np.lexsort((np.arange(len(alone)), -np.round(alone, 9)))
        return pool.only(np.sort(order[: self._prior.candidates_max]))

    def run(self) -> Order:
        rules: Order = []
        if not len(self.pool):
            return rules
        for _ in range(self._prior.rounds_max):
            grown = self._grow(rules)
            mended = self._mend(grown)
            if mended == rules:
                break
            rules = mended
        return rules

    def _grow(self, rules: Order) -> Order:
        while True:
            gain, rule, place = self._best_insertion(rules)
            if gain <= GAIN_MIN:
                return rules
            rules = [*rules[:place], rule, *rules[place:]]

    def _mend(self, rules: Order) -> Order:
        """Drop a rule, or put a better one for it, while that gains."""
        again = True
        while again and rules:
            again = False
            now = self._total(rules)
            for index in range(len(rules)):
                without = rules[:index] + rules[index + 1 :]
                gain, rule, place = self._best_insertion(without)
                if self._total(without) + max(gain, 0.0) > now + GAIN_MIN:
                    better = [*without[:place], rule, *without[place:]]
                    rules = without if gain <= 0 else better
                    again = True
                    break
        return rules

    def _segments(self, rules: Order) -> tuple[list[Bools], Bools]:
        """The cases that each rule decides, and those that none does."""
        free = np.ones(self._table.cases, dtype=bool)
        decided = []
        for rule in rules:
            decided.append(free & self.pool.covers[rule])
            free = free & ~self.pool.covers[rule]
        return decided, free

    def _total(self, rules: Order) -> float:
        decided, free = self._segments(rules)
        total = float(self._scorer.rest(self._table.confusion[free].sum(axis=0)))
        for rule, segment in zip(rules, decided, strict=True):
            counted = self._table.counted[segment].sum(axis=0)
            total += float(self._scorer.rule(counted, self.pool.answers[rule]))
            total += float(self.pool.priors[rule])
        return total

    def _best_insertion(self, rules: Order) -> tuple[float, int, int]:
        """Gain, rule and place of the best insertion; all rules at each place at once."""
        decided, free = self._segments(rules)
        taken = self._covers[:, free] @ self._table.counted[free]
        rest_taken = self._covers[:, free] @ self._table.confusion[free]
        rest = self._table.confusion[free].sum(axis=0)
        change = self._scorer.rest(rest[None] - rest_taken) - self._scorer.rest(rest)
        best = (IMPOSSIBLE, 0, 0)
        for place in range(len(rules), -1, -1):
            if place < len(rules):
                segment, answer = decided[place], self.pool.answers[rules[place]]
                more = self._covers[:, segment] @ self._table.counted[segment]
                whole = self._table.counted[segment].sum(axis=0)
                answers = np.full(len(self.pool), answer)
                change = change + self._scorer.rule(whole[None] - more, answers)
                change = change - self._scorer.rule(whole, answer)
                taken = taken + more
            gain = change + self._scorer.rule(taken, self.pool.answers) + self.pool.priors
            useful = (taken[:, -1] >= 1) & (taken[:, : len(self._table.labels)].sum(axis=1) >= 1)
            gain = np.where(useful, gain, IMPOSSIBLE)
            rule = int(np.argmax(np.round(gain, 9)))
            if gain[rule] > best[0] + 1e-9:
                best = (float(gain[rule]), rule, place)
        return best
