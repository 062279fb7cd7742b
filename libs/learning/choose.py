"""The prior that suits a case, by cross-validation inside it."""

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import numpy as np

from libs.learning.case import Case
from libs.learning.learn import evenly, learnable
from libs.learning.pool import Rule
from libs.learning.prior import Prior
from libs.learning.search import Search
from libs.learning.table import Bools, CaseTable, Ints, table_of
from libs.learning.threads import one_thread

CASES_MIN = 40
"""Fewer say nothing of a prior."""
CASES_MAX = 300
FOLDS = 3
MARGIN = 2.0
"""Another prior has to be right so many standard errors more often than the usual one."""


def priors_to_try(table: CaseTable, usual: Prior) -> list[Prior]:
    """The usual one first; those that would say the same of this case are left out."""
    found = [usual, replace(usual, bit_weight=0.6 * usual.bit_weight)]
    if table.counted[:, len(table.labels) + table.tags].any():
        found.append(replace(usual, untagged_cost=0.0))
    return found


def choose_prior(cases: Sequence[Case], usual: Prior | None = None) -> Prior:
    """The usual prior, unless another predicts held-out cases clearly better.

    Of many cases some are looked at, spread evenly over their keys. Does not depend on their order.
    """
    usual = usual or Prior()
    some = evenly(sorted(cases, key=lambda case: case.key), CASES_MAX)
    if len(some) < CASES_MIN or not learnable(some):
        return usual
    table = table_of(some, usual)
    tried = priors_to_try(table, usual)
    with one_thread():
        scores = [_held_out(table, _hasty(prior)) for prior in tried]
    gains = [_gain(score, scores[0]) for score in scores]
    best = int(np.argmax(gains))
    return tried[best] if gains[best] > 0 else usual


def _hasty(prior: Prior) -> Prior:
    """Good enough to compare priors."""
    return replace(prior, pairs_first=300, pairs_again=100, rounds_max=2, candidates_max=700)


def _gain(score: Bools, usual: Bools) -> float:
    """How many more are right, less what chance may do."""
    won, lost = int((score & ~usual).sum()), int((usual & ~score).sum())
    return won - lost - MARGIN * sqrt(won + lost) if won > lost else 0.0


def _held_out(table: CaseTable, prior: Prior) -> Bools:
    """By case: whether rules learned without it answer it rightly."""
    places = np.arange(table.cases)
    right = np.zeros(table.cases, dtype=bool)
    for fold in range(FOLDS):
        asked = places % FOLDS == fold
        rules = Search(table.only(places[~asked]), prior).run()
        right[asked] = (answers_of(rules, table) == table.expected)[asked]
    return right


def answers_of(rules: Sequence[Rule], table: CaseTable) -> Ints:
    """What a list says of each case of a table, as indexes into its labels."""
    answers, columns = table.answered.copy(), table.vocabulary.columns
    for rule in reversed(rules):
        answers[columns[list(rule.conditions)].all(axis=0)] = rule.answer
    return answers
