"""How well a rule, or what no rule covers, explains its cases: log marginal likelihoods.

Whether an answer is right is a coin with a Beta prior; which other label a wrong one should have
been is anybody's guess, so that explaining a mistake by a rule always pays.
"""

from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from libs.learning.prior import Prior
from libs.learning.table import CaseTable

Scores = NDArray[np.float64]
SHARE_MIN = 1e-6


class Scorer:
    """Tables of Beta and Dirichlet terms, by count."""

    def __init__(self, table: CaseTable, prior: Prior) -> None:
        self._labels, self._tags = len(table.labels), table.tags
        self._prior = prior
        counts = np.arange(table.cases + 2)
        guess = counts * log(max(1, self._labels - 1))
        self._right = _rising(prior.rule_right, counts)
        self._wrong = _rising(prior.rule_wrong, counts) - guess
        self._total = -_rising(prior.rule_right + prior.rule_wrong, counts)
        self._rest_right = _rising(prior.rest_right, counts)
        self._rest_wrong = _rising(prior.rest_wrong, counts) - guess
        self._rest_total = -_rising(prior.rest_right + prior.rest_wrong, counts)
        self._tag_terms = np.zeros((0, len(counts)))
        self._tag_total = np.zeros(len(counts))
        if self._tags:
            weight = prior.tag_concentration
            share = table.tagged.sum(axis=0) / max(1.0, float(table.tagged.sum()))
            share = np.maximum(share, SHARE_MIN)  # some of the cases may lack a tag
            # Relative to drawing each tag by its overall share: agreement counts, rarity does not.
            self._tag_terms = np.stack(
                [_rising(weight * q, counts) - counts * log(q) for q in share]
            )
            self._tag_total = -_rising(weight, counts)

    def rule(self, counted: NDArray[np.float32], answers: Any) -> Scores:
        """Of each row of counts (see `CaseTable.counted`) under its rule's answer."""
        counts = counted.astype(np.int64)
        labels = counts[..., : self._labels]
        own = np.take_along_axis(labels, np.asarray(answers)[..., None], axis=-1)[..., 0]
        score = self.answer(own, labels.sum(-1))
        if self._tags:
            tags = counts[..., self._labels : self._labels + self._tags]
            agreement = self._tag_terms[np.arange(self._tags), tags].sum(-1)
            score = score + self._prior.tag_weight * (agreement + self._tag_total[tags.sum(-1)])
        scores: Scores = score - self._prior.untagged_cost * counts[..., self._labels + self._tags]
        return scores

    def answer(self, right: NDArray[np.int64], total: NDArray[np.int64]) -> Scores:
        """Of a rule's answers alone, tags left out."""
        scores: Scores = self._right[right] + self._wrong[total - right] + self._total[total]
        return scores

    def rest(self, judged: NDArray[np.float32]) -> Scores:
        """Of each row of counts of what no rule covers (see `CaseTable.judged`)."""
        counts = judged.astype(np.int64)
        half = counts.shape[-1] // 2
        right, wrong = counts[..., :half], counts[..., half:]
        terms = self._rest_right[right] + self._rest_wrong[wrong] + self._rest_total[right + wrong]
        scores: Scores = terms.sum(-1)
        return scores

    def losses(self, table: CaseTable, judged: NDArray[np.float32]) -> Scores:
        """By case: what leaving it to the agent costs, given the counts of what is left to it."""
        half = judged.shape[-1] // 2
        right = judged[:half].astype(float) + self._prior.rest_right
        wrong = judged[half:].astype(float) + self._prior.rest_wrong
        worse = np.log(right + wrong) - np.log(wrong) + log(max(1, self._labels - 1))
        good = np.log(right + wrong) - np.log(right)
        scores: Scores = table.judged @ np.concatenate([good, worse])
        return scores


def _rising(weight: float, counts: NDArray[np.int64]) -> Scores:
    """log of weight (weight + 1) ... (weight + count - 1)."""
    scores: Scores = gammaln(weight + counts) - gammaln(weight)
    return scores
