"""Where rules come from: single conditions, pairs, and what grows out of rules at hand."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from libs.learning.pool import LN2, Conditions, Pool, Rule, joined, pool_of
from libs.learning.prior import Prior
from libs.learning.score import Scorer
from libs.learning.table import Bools, CaseTable, Floats, Ints

Scores = NDArray[np.float64]
UNLIKELY = -1e9
CONDITIONS_MAX = 4


@dataclass
class Generator:
    """Rules over one table."""

    table: CaseTable
    prior: Prior
    scorer: Scorer

    def __post_init__(self) -> None:
        conditions = self.table.vocabulary.conditions
        names = {fact: n for n, fact in enumerate(sorted({one.fact for one in conditions}))}
        self._fact = np.array([names[one.fact] for one in conditions], dtype=np.int64)
        self._lower = np.array([one.op == "ge" for one in conditions], dtype=bool)
        self._upper = np.array([one.op == "lt" for one in conditions], dtype=bool)
        self._entry = np.array([one.of_list for one in conditions], dtype=bool)
        self._columns = self.table.vocabulary.columns.astype(np.float32)
        self._costs = self.prior.bit_weight * LN2 * self.table.vocabulary.bits
        self._labels = np.eye(len(self.table.labels), dtype=np.float32)[self.table.expected]

    def singles(self) -> Pool:
        """Every single condition, with each answer that may be right."""
        conditions: list[Conditions] = [(n,) for n in range(len(self._fact))]
        counts = self._columns @ self._labels
        return self._with_answers(conditions, counts)

    def pairs(self, rows: Bools, losses: Scores, limit: int) -> Pool:
        """The pairs that would gain most as a rule for these rows, first of all others."""
        usable = self._telling(rows, losses)
        columns = self._columns[np.ix_(usable, rows)]
        best, total, gain = self._products(columns, columns, rows, losses)
        alone = np.diag(total)
        gain -= self._costs[usable][:, None] + self._costs[usable][None, :]
        good = np.triu(best >= 2, 1) & self.together(usable, usable)
        good &= best >= self.prior.precision_min * total
        good &= (total < alone[:, None]) & (total < alone[None, :])
        found = _top(np.where(good, gain, UNLIKELY), limit)
        conditions: list[Conditions] = [
            (int(usable[one]), int(usable[other])) for one, other in found
        ]
        return self._by_rows(conditions, rows)

    def grown(self, bases: Pool, rows: Bools, losses: Scores, limit: int) -> Pool:
        """One more condition for rules at hand, the best for these rows."""
        fits = np.array([len(one) < CONDITIONS_MAX for one in bases.conditions], dtype=bool)
        bases = bases.only(np.nonzero(fits)[0])
        best, total, gain = self._products(
            bases.weights[rows].T, self._columns[:, rows], rows, losses
        )
        gain -= bases.costs[:, None] + self._costs[None, :]
        whole = bases.weights[rows].sum(axis=0)
        good = (best >= 2) & (total < whole[:, None])
        good &= best >= self.prior.precision_min * total
        for place, conditions in enumerate(bases.conditions):
            for one in conditions:
                good[place] &= self.together(np.array([one]), np.arange(len(self._fact)))[0]
        found = _top(np.where(good, gain, UNLIKELY), limit)
        grown = [tuple(sorted((*bases.conditions[b], int(v)))) for b, v in found]
        return self._by_rows(list(dict.fromkeys(grown)), rows)

    def near(self, rule: Rule) -> Pool:
        """One condition more, less, or another on the same fact; the answer stays."""
        everything = np.arange(len(self._fact))
        found: list[Conditions] = []
        parts = rule.conditions
        for place, one in enumerate(parts):
            others = parts[:place] + parts[place + 1 :]
            if others:
                found.append(others)
            same = everything[(self._fact == self._fact[one]) & (everything != one)]
            found += [tuple(sorted((*others, int(v)))) for v in same if int(v) not in others]
        if len(parts) < CONDITIONS_MAX:
            fits = self.together(np.array(parts), everything).all(axis=0)
            inside = self._columns @ rule.covers.astype(np.float32)
            fits &= (inside >= 2) & (inside < rule.covers.sum())
            found += [tuple(sorted((*parts, int(v)))) for v in everything[fits]]
        unique = list(dict.fromkeys(found))
        answers = np.full(len(unique), rule.answer, dtype=np.int64)
        return pool_of(self.table, self.prior, unique, answers)

    def together(self, one: Ints, other: Ints) -> Bools:
        """Conditions on different facts, the two ends of a range, or two entries of a list."""
        same = self._fact[one][:, None] == self._fact[other][None, :]
        ends = self._lower[one][:, None] & self._upper[other][None, :]
        ends |= self._upper[one][:, None] & self._lower[other][None, :]
        ends |= self._entry[one][:, None] & self._entry[other][None, :]
        fits: Bools = ~same | ends
        return fits

    def _telling(self, rows: Bools, losses: Scores) -> Ints:
        """The conditions that say most about these rows, each value of a fact in its turn."""
        held = self._columns[:, rows]
        total = held.sum(axis=1)
        usable = np.nonzero(total >= 2)[0]
        if len(usable) <= self.prior.paired_max:
            return usable
        labels = self._labels[rows]
        expected = total[:, None] * labels.mean(axis=0)[None]
        surprise = (held @ labels - expected) / np.sqrt(expected + 0.5)
        lost = losses[rows].astype(np.float32)
        excess = (held @ lost - total * lost.mean()) / np.sqrt(total * lost.var() + 0.5)
        told = np.maximum(surprise.max(axis=1), excess)[usable]
        order = np.lexsort((usable, -np.round(told.astype(np.float64), 5)))
        return np.sort(usable[order[: self.prior.paired_max]])

    def _products(
        self, left: Floats, right: Floats, rows: Bools, losses: Scores
    ) -> tuple[Ints, Ints, Scores]:
        """Of each two: hits of the best label, cases, and what a rule on both would gain."""
        labels = self._labels[rows]
        total = left @ right.T
        best = np.zeros_like(total)
        for label in labels.T[labels.any(axis=0)]:
            np.maximum(best, (left * label) @ right.T, out=best)
        lost = (left * losses[rows].astype(np.float32)) @ right.T
        hits, cases = best.astype(np.int64), total.astype(np.int64)
        return hits, cases, self.scorer.answer(hits, cases) + lost

    def _by_rows(self, conditions: list[Conditions], rows: Bools) -> Pool:
        """With the answers that are right often enough among these rows."""
        columns = self.table.vocabulary.columns
        covers = np.array([columns[list(one)].all(axis=0) & rows for one in conditions])
        covers = covers.reshape(len(conditions), self.table.cases)
        return self._with_answers(conditions, covers.astype(np.float32) @ self._labels)

    def _with_answers(self, conditions: list[Conditions], counts: Floats) -> Pool:
        total = counts.sum(axis=1, keepdims=True)
        good = (counts >= np.minimum(2, total)) & (counts >= 1)
        good &= counts >= self.prior.precision_min * total
        rules, answers = np.nonzero(good)
        return pool_of(self.table, self.prior, [conditions[n] for n in rules], answers)


def _top(scores: Scores, limit: int) -> list[tuple[int, int]]:
    """Places of the best scores, in order of place; ties go to the earlier place."""
    flat = np.round(scores.ravel(), 9)
    likely = np.nonzero(flat > UNLIKELY / 2)[0]
    if len(likely) > limit:
        order = np.lexsort((likely, -flat[likely]))
        likely = np.sort(likely[order[:limit]])
    rows, columns = np.unravel_index(likely, scores.shape)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


__all__ = ["Generator", "joined"]
