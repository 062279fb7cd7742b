"""Every rule worth a look: one or two conditions, an answer, and its prior."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from libs.learning.prior import Prior
from libs.learning.table import Bools, CaseTable

LN2 = log(2)


@dataclass(frozen=True)
class Candidates:
    """Rules as indexes into the vocabulary and the labels; `covers` is rules x cases."""

    conditions: tuple[tuple[int, ...], ...]
    answers: NDArray[np.int64]
    covers: Bools
    priors: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.conditions)

    def only(self, rows: NDArray[np.int64]) -> "Candidates":
        picked = tuple(self.conditions[row] for row in rows)
        return Candidates(picked, self.answers[rows], self.covers[rows], self.priors[rows])


@dataclass(frozen=True)
class _Rule:
    prior: float
    conditions: tuple[int, ...]
    answer: int
    covers: Bools


def candidates_of(table: CaseTable, prior: Prior) -> Candidates:
    """Of rules that cover the same cases with the same answer only the likeliest stays."""
    columns = table.vocabulary.columns
    singles = np.arange(len(columns))[:, None]
    pairs = _pairs(table, prior)
    rules = list(_rules(table, prior, singles, columns))
    if len(pairs):
        rules += _rules(table, prior, pairs, columns[pairs[:, 0]] & columns[pairs[:, 1]])
    best: dict[tuple[bytes, int], _Rule] = {}
    for rule in sorted(
        rules, key=lambda r: (-round(r.prior, 9), len(r.conditions), r.conditions, r.answer)
    ):
        best.setdefault((rule.covers.tobytes(), rule.answer), rule)
    kept = list(best.values())
    return Candidates(
        conditions=tuple(rule.conditions for rule in kept),
        answers=np.array([rule.answer for rule in kept], dtype=np.int64),
        covers=np.array([rule.covers for rule in kept]).reshape(len(kept), table.cases),
        priors=np.array([rule.prior for rule in kept]),
    )


def _pairs(table: CaseTable, prior: Prior) -> NDArray[np.int64]:
    """Two conditions that together cover fewer cases than each, and still enough of one label."""
    columns = table.vocabulary.columns
    if not len(columns):
        return np.zeros((0, 2), dtype=np.int64)
    counted = columns.astype(np.float32)
    joint = counted @ counted.T
    alone = np.diag(joint)
    purest = np.stack([(counted * label) @ counted.T for label in table.expected.T]).max(axis=0)
    good = np.triu((joint >= 2) & (purest >= 2) & (purest >= prior.precision_min * joint), 1)
    good &= (joint < alone[:, None]) & (joint < alone[None, :])
    good &= _may_stand_together(table)
    return np.argwhere(good).astype(np.int64)


def _may_stand_together(table: CaseTable) -> Bools:
    """Conditions on different facts, or the two ends of a range of one number."""
    conditions = table.vocabulary.conditions
    _, fact = np.unique([one.fact for one in conditions], return_inverse=True)
    number = np.array([one.op in ("ge", "lt") for one in conditions])
    lower = np.array([one.op == "ge" for one in conditions])
    same = fact[:, None] == fact[None, :]
    ends = number[:, None] & number[None, :] & (lower[:, None] != lower[None, :])
    together: Bools = ~same | ends
    return together


def _rules(
    table: CaseTable, prior: Prior, indexes: NDArray[np.int64], covers: Bools
) -> Iterator[_Rule]:
    sizes = covers.sum(axis=1)
    mentions = (table.mentions & table.spoke[None, :]).astype(np.float32)
    width = indexes.shape[1]
    for answer, label in enumerate(table.expected.T > 0):
        hits = covers & label
        right = hits.sum(axis=1)
        enough = (right >= np.minimum(2, sizes)) & (right >= 1)
        for row in np.nonzero(enough & (right >= prior.precision_min * sizes))[0]:
            chosen = hits[row].astype(np.float32)
            spoke = max(1.0, float((chosen * table.spoke).sum()))
            named = [
                max(0.0, float((mentions[i] * chosen).sum()) / spoke - table.mention_rates[i])
                for i in indexes[row]
            ]
            if sizes[row] < 2 and (width > 1 or max(named) < prior.single_mention_min):
                continue
            bits = [
                table.vocabulary.bits[i]
                * (1 - prior.mention_weight * min(1.0, one * prior.mention_gain))
                for i, one in zip(indexes[row], named, strict=True)
            ]
            cost = max(prior.bit_weight * LN2 * float(sum(bits)), prior.rule_cost_min)
            yield _Rule(-cost, tuple(int(i) for i in indexes[row]), answer, covers[row])
