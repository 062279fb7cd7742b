"""How well a rule, or what no rule covers, explains its cases: log marginal likelihoods."""

from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from libs.learning.prior import Prior
from libs.learning.table import CaseTable

Scores = NDArray[np.float64]


class Scorer:
    """Tables of Dirichlet-multinomial terms, by count."""

    def __init__(self, table: CaseTable, prior: Prior) -> None:
        self._labels, self._tags = len(table.labels), table.tags
        self._prior = prior
        counts = np.arange(table.cases + 2)
        self._right, self._wrong, self._total = _dirichlet(
            prior.rule_right, prior.rule_wrong, self._labels, counts
        )
        self._rest_right, self._rest_wrong, self._rest_total = _dirichlet(
            prior.rest_right, prior.rest_wrong, self._labels, counts
        )
        self._tag_terms = np.zeros((0, len(counts)))
        self._tag_total = np.zeros(len(counts))
        if self._tags:
            weight = prior.tag_concentration
            share = table.tagged.sum(axis=0) / table.tagged.sum()
            # Relative to drawing each tag by its overall share: agreement counts, rarity does not.
            self._tag_terms = np.stack(
                [_rising(weight * q, counts) - counts * log(q) for q in share]
            )
            self._tag_total = -_rising(weight, counts)

    def rule(self, counted: NDArray[np.float32], answers: Any) -> Scores:
        """Of each row of counts (see `CaseTable.counted`) under its rule's answer."""
        counts = counted.astype(int)
        labels = counts[..., : self._labels]
        own = np.take_along_axis(labels, np.asarray(answers)[..., None], axis=-1)[..., 0]
        score = self._wrong[labels].sum(-1) - self._wrong[own] + self._right[own]
        score = score + self._total[labels.sum(-1)]
        if self._tags:
            tags = counts[..., self._labels : self._labels + self._tags]
            agreement = self._tag_terms[np.arange(self._tags), tags].sum(-1)
            score = score + self._prior.tag_weight * (agreement + self._tag_total[tags.sum(-1)])
        untagged = counts[..., self._labels + self._tags]
        scores: Scores = score - self._prior.untagged_cost * untagged
        return scores

    def rest(self, confusion: NDArray[np.float32]) -> Scores:
        """Of each row of (answered, expected) counts that no rule covers."""
        shape = (*confusion.shape[:-1], self._labels, self._labels)
        counts = confusion.reshape(shape).astype(int)
        own = np.diagonal(counts, axis1=-2, axis2=-1)
        score = self._rest_wrong[counts].sum(-1) - self._rest_wrong[own] + self._rest_right[own]
        scores: Scores = (score + self._rest_total[counts.sum(-1)]).sum(-1)
        return scores


def _rising(weight: float, counts: NDArray[np.int64]) -> Scores:
    """log of weight (weight + 1) ... (weight + count - 1)."""
    scores: Scores = gammaln(weight + counts) - gammaln(weight)
    return scores


def _dirichlet(
    right: float, wrong: float, labels: int, counts: NDArray[np.int64]
) -> tuple[Scores, Scores, Scores]:
    everything = right + wrong * (labels - 1)
    return _rising(right, counts), _rising(wrong, counts), -_rising(everything, counts)
