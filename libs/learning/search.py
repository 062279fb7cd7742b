"""The search for the best list: insert, replace, refine and drop rules until nothing gains."""

import numpy as np
from numpy.typing import NDArray

from libs.learning.generate import Generator
from libs.learning.pool import Pool, Rule, joined
from libs.learning.prior import Prior
from libs.learning.score import Scorer
from libs.learning.table import Bools, CaseTable, Floats

GAIN_MIN = 1e-6
IMPOSSIBLE = -1e9
Scores = NDArray[np.float64]
Rules = list[Rule]


class Search:
    """Over one table; equal tables give equal lists."""

    def __init__(self, table: CaseTable, prior: Prior) -> None:
        self._table, self._prior = table, prior
        self._scorer = Scorer(table, prior)
        self._from = Generator(table, prior, self._scorer)
        self._known: dict[tuple[int, bytes, int], tuple[Floats, Scores]] = {}
        """What a pool takes from a rule: most rules stay as they are from step to step."""

    def run(self) -> Rules:
        """Rules are drawn anew for what is left over, until that changes nothing."""
        pool = self._promising([self._from.singles(), self._drawn([], self._prior.pairs_first)])
        rules: Rules = []
        for _ in range(self._prior.rounds_max):
            better = self._refine(self._grow(rules, pool))
            if better == rules:
                break
            rules = better
            pool = self._promising([pool, self._drawn(rules, self._prior.pairs_again)], len(pool))
        return self._settle(rules, pool)

    def _drawn(self, rules: Rules, limit: int) -> Pool:
        """Pairs and triples for what the list leaves to the agent."""
        _, free = self._segments(rules)
        losses = self._scorer.losses(self._table, self._table.judged[free].sum(axis=0))
        pairs = self._from.pairs(free, losses, limit)
        if not len(pairs):
            return pairs
        seeds = pairs.only(self._best_alone(pairs, free, losses)[: self._prior.seeds_max])
        return joined([pairs, self._from.grown(seeds, free, losses, limit // 4)])

    def _promising(self, pools: list[Pool], kept: int = 0) -> Pool:
        """At most so many, by what they would gain alone; the first ones stay in any case."""
        self._known.clear()
        pool, limit = joined(pools), self._prior.candidates_max
        if len(pool) <= limit:
            return pool
        everything = np.ones(self._table.cases, dtype=bool)
        losses = self._scorer.losses(self._table, self._table.judged.sum(axis=0))
        order = self._best_alone(pool, everything, losses)
        best = set(order[: max(0, limit - kept)].tolist()) | set(range(min(kept, limit)))
        return pool.only(np.array(sorted(best), dtype=np.int64))

    def _best_alone(self, pool: Pool, rows: Bools, losses: Scores) -> NDArray[np.int64]:
        taken = pool.counts(rows, self._table.counted[rows])
        gain = self._scorer.rule(taken, pool.answers) - pool.costs
        gain += pool.counts(rows, losses[rows].astype(np.float32)[:, None])[:, 0]
        return np.lexsort((np.arange(len(pool)), -np.round(gain, 9)))

    def _grow(self, rules: Rules, pool: Pool) -> Rules:
        while len(pool) and len(rules) < self._prior.rules_max:
            gain, best, place = self._best_insertion(rules, pool)
            if gain <= GAIN_MIN:
                break
            rules = [*rules[:place], pool.rule(best), *rules[place:]]
        return rules

    def _refine(self, rules: Rules) -> Rules:
        """Drop a rule, or put a near one in its place, while that gains."""
        index = 0
        while index < len(rules):
            without = rules[:index] + rules[index + 1 :]
            now, bare = self.total(rules), self.total(without)
            near = self._from.near(rules[index])
            gain, best, _ = self._best_insertion(without, near, index)
            self._forget(near)
            if bare + max(gain, 0.0) > now + GAIN_MIN:
                changed = [near.rule(best)] if gain > 0 else []
                rules = [*without[:index], *changed, *without[index:]]
                continue
            index += 1
        return rules

    def _settle(self, rules: Rules, pool: Pool) -> Rules:
        """Take each rule out and put the best of all in, wherever that gains."""
        for _ in range(self._prior.rounds_max):
            before = rules
            for rule in before:
                if rule not in rules:
                    continue
                without = [one for one in rules if one is not rule]
                gain, best, place = self._best_insertion(without, pool)
                if self.total(without) + max(gain, 0.0) > self.total(rules) + GAIN_MIN:
                    added = [pool.rule(best)] if gain > 0 else []
                    rules = [*without[:place], *added, *without[place:]]
            if rules == before:
                break
            rules = self._refine(self._grow(rules, pool))
        return rules

    def _forget(self, pool: Pool) -> None:
        """Another pool may get its id."""
        for key in [key for key in self._known if key[0] == id(pool)]:
            del self._known[key]

    def _segments(self, rules: Rules) -> tuple[list[Bools], Bools]:
        """The cases that each rule decides, and those that none does."""
        free = np.ones(self._table.cases, dtype=bool)
        decided = []
        for rule in rules:
            decided.append(free & rule.covers)
            free = free & ~rule.covers
        return decided, free

    def total(self, rules: Rules) -> float:
        """How well the list explains the cases, less what it costs to say."""
        decided, free = self._segments(rules)
        total = float(self._scorer.rest(self._table.judged[free].sum(axis=0)))
        for rule, segment in zip(rules, decided, strict=True):
            counted = self._table.counted[segment].sum(axis=0)
            total += float(self._scorer.rule(counted, rule.answer)) - rule.cost
        return total

    def _best_insertion(
        self, rules: Rules, pool: Pool, only: int | None = None
    ) -> tuple[float, int, int]:
        """Gain, rule and place of the best insertion; all rules at each place at once."""
        if not len(pool):
            return IMPOSSIBLE, 0, 0
        decided, free = self._segments(rules)
        taken = pool.counts(free, self._table.counted[free])
        left = self._table.judged[free].sum(axis=0)
        gone = pool.counts(free, self._table.judged[free])
        change = self._scorer.rest(left[None] - gone) - self._scorer.rest(left)
        best = (IMPOSSIBLE, 0, 0)
        for place in range(len(rules), -1 if only is None else only - 1, -1):
            if place < len(rules):
                more, loss = self._taken_from(rules[place], decided[place], pool)
                taken, change = taken + more, change + loss
            if only is not None and place != only:
                continue
            gain = change + self._scorer.rule(taken, pool.answers) - pool.costs
            # It has to touch an answer that is wrong as the list stands.
            gain = np.where(taken[:, -1] >= 1, gain, IMPOSSIBLE)
            rule = int(np.argmax(np.round(gain, 9)))
            if gain[rule] > best[0] + 1e-9:
                best = (float(gain[rule]), rule, place)
        return best

    def _taken_from(self, rule: Rule, segment: Bools, pool: Pool) -> tuple[Floats, Scores]:
        """What each rule of the pool takes from this one, and what that does to its score."""
        key = (id(pool), segment.tobytes(), rule.answer)
        if key in self._known:
            return self._known[key]
        counted = self._table.counted[segment]
        counted[:, -1] = self._table.expected[segment] != rule.answer
        more = pool.counts(segment, counted)
        whole = counted.sum(axis=0)
        answers = np.full(len(pool), rule.answer)
        loss = self._scorer.rule(whole[None] - more, answers)
        loss = loss - self._scorer.rule(whole, rule.answer)
        self._known[key] = more, loss
        return more, loss
