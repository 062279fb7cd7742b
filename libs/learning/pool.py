"""Rules worth a look: conditions as indexes into the vocabulary, an answer, and their cost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray

from libs.learning.prior import Prior
from libs.learning.table import Bools, CaseTable, Floats, Ints

LN2 = log(2)
Conditions = tuple[int, ...]


@dataclass(frozen=True)
class Rule:
    """One rule of a list; what it says makes it equal to another."""

    conditions: Conditions
    answer: int
    covers: Bools = field(compare=False)
    cost: float = field(compare=False)


@dataclass(frozen=True)
class Pool:
    """`covers` is rules x cases; `costs` are in nats."""

    conditions: tuple[Conditions, ...]
    answers: Ints
    covers: Bools
    costs: NDArray[np.float64]
    weights: Floats
    """`covers` as numbers, cases x rules: a few cases are then picked at once."""

    def __len__(self) -> int:
        return len(self.conditions)

    def counts(self, rows: Bools, columns: Floats) -> Floats:
        """By rule and column: the sum over these rows of what the rule covers."""
        summed: Floats = (columns.T @ self.weights[rows]).T
        return summed

    def rule(self, place: int) -> Rule:
        cost = float(self.costs[place])
        return Rule(self.conditions[place], int(self.answers[place]), self.covers[place], cost)

    def only(self, places: Ints) -> "Pool":
        return Pool(
            tuple(self.conditions[place] for place in places),
            self.answers[places],
            self.covers[places],
            self.costs[places],
            self.weights[:, places],
        )


def pool_of(
    table: CaseTable, prior: Prior, conditions: Sequence[Conditions], answers: Ints
) -> Pool:
    """What may stand in a list; of rules that say the same of every case the cheapest stays."""
    columns = table.vocabulary.columns
    padded = _padded(conditions)
    covers = np.ones((len(conditions), table.cases), dtype=bool)
    for slot in padded.T:
        covers &= np.where((slot >= 0)[:, None], columns[slot], True)
    named = _named(table, padded, covers, answers)
    bits = np.where(padded >= 0, table.vocabulary.bits[padded], 0.0)
    cheaper = 1 - prior.mention_weight * np.minimum(1.0, named * prior.mention_gain)
    costs = np.maximum(prior.bit_weight * LN2 * (bits * cheaper).sum(axis=1), prior.rule_cost_min)
    alone = covers.sum(axis=1) < 2
    told = named.max(axis=1, initial=0.0) >= prior.single_mention_min
    stands = ~alone | (((padded >= 0).sum(axis=1) == 1) & told)
    kept = _cheapest(covers, answers, costs, padded, stands)
    return Pool(
        tuple(conditions[place] for place in kept),
        answers[kept],
        covers[kept],
        costs[kept],
        covers[kept].T.astype(np.float32),
    )


def joined(pools: Sequence[Pool]) -> Pool:
    """Several pools as one, each rule once."""
    seen: set[tuple[Conditions, int]] = set()
    places: list[int] = []
    conditions = [one for pool in pools for one in pool.conditions]
    answers = np.concatenate([pool.answers for pool in pools])
    for place, key in enumerate(zip(conditions, answers.tolist(), strict=True)):
        if key not in seen:
            seen.add(key)
            places.append(place)
    return Pool(
        tuple(conditions[place] for place in places),
        answers[places],
        np.concatenate([pool.covers for pool in pools])[places],
        np.concatenate([pool.costs for pool in pools])[places],
        np.concatenate([pool.weights for pool in pools], axis=1)[:, places],
    )


def _padded(conditions: Sequence[Conditions]) -> Ints:
    width = max((len(one) for one in conditions), default=1)
    padded = np.full((len(conditions), width), -1, dtype=np.int64)
    for place, one in enumerate(conditions):
        padded[place, : len(one)] = one
    return padded


def _named(table: CaseTable, padded: Ints, covers: Bools, answers: Ints) -> NDArray[np.float64]:
    """By rule and condition: how much more often reviewers of its hits name it than usual."""
    named = np.zeros(padded.shape)
    if not table.spoke.any():
        return named
    hits = covers & (table.expected[None, :] == answers[:, None]) & table.spoke[None, :]
    spoke = np.maximum(1, hits.sum(axis=1))
    for place, slot in enumerate(padded.T):
        share = (table.mentions[slot] & hits).sum(axis=1) / spoke
        named[:, place] = np.maximum(0.0, share - table.mention_rates[slot]) * (slot >= 0)
    return named


def _cheapest(
    covers: Bools, answers: Ints, costs: NDArray[np.float64], padded: Ints, stands: Bools
) -> Ints:
    keys = [*padded.T[::-1], (padded >= 0).sum(axis=1), answers, np.round(costs, 9)]
    order = np.lexsort(keys)
    packed = np.packbits(covers, axis=1)
    best: dict[tuple[bytes, int], int] = {}
    for place in order[stands[order]]:
        best.setdefault((packed[place].tobytes(), int(answers[place])), int(place))
    return np.array(sorted(best.values()), dtype=np.int64)
