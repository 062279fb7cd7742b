"""Which cases still hold: people change their minds, and the log goes on.

A window of recent cases is chosen by how well each window's rules would have predicted the newest
block; the whole log wins ties. Beside whole windows, the log without the old cases of those rules
that newer cases contradict is tried: the other habits keep all their evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import fisher_exact

from libs.learning.case import Case
from libs.learning.choose import answers_of
from libs.learning.pool import Rule
from libs.learning.prior import Prior
from libs.learning.search import Search
from libs.learning.table import Bools, CaseTable, Ints, table_of
from libs.learning.threads import one_thread

CASES_MIN = 80
CASES_MAX = 1_200
BLOCK_SHARE, BLOCK_MIN, BLOCK_MAX = 0.2, 30, 150
CUTS = (0.4, 0.6, 0.8)
LEVEL = 0.01
MARGIN = 1.0
"""A shorter log has to be right so many standard errors more often."""


@dataclass(frozen=True)
class Window:
    """Places of the cases that count, in the order of the log."""

    places: tuple[int, ...]
    whole: bool
    since: int
    """Where the change was found; 0 when there is none."""


def window_of(cases: Sequence[Case], prior: Prior) -> Window:
    """The cases to learn from, given in the order of the log."""
    everything = Window(tuple(range(len(cases))), True, 0)
    if len(cases) < CASES_MIN or not any(case.wrong for case in cases):
        return everything
    start = max(0, len(cases) - CASES_MAX)
    table = table_of(cases[start:], prior)
    with one_thread():
        return _chosen(table, prior, start, everything)


def _chosen(table: CaseTable, prior: Prior, start: int, everything: Window) -> Window:
    outdated = _outdated(table, prior)
    if not outdated:
        return everything
    end = start + table.cases
    found = [Window(_without(start, end, gone, cut), False, cut) for cut, gone in outdated]
    cuts = sorted({cut for cut, _ in outdated})
    found += [Window(tuple(range(start + cut, end)), False, cut) for cut in cuts]
    return _best(table, prior, start, [everything, *found])


def _without(start: int, end: int, gone: Ints, cut: int) -> tuple[int, ...]:
    """All but the old cases that no longer hold; what lies before the table goes, too."""
    left_out = {start + int(place) for place in gone}
    return tuple(place for place in range(start, end) if place not in left_out)


def _outdated(table: CaseTable, prior: Prior) -> list[tuple[int, Ints]]:
    """By cut: old cases of the rules learned before it that newer cases contradict."""
    found = []
    for share in CUTS:
        cut = int(share * table.cases)
        if cut < CASES_MIN // 2:
            continue
        rules = Search(table.only(np.arange(cut)), prior).run()
        gone = [segment[segment < cut] for segment in _contradicted(rules, table, cut)]
        if gone:
            found.append((cut, np.unique(np.concatenate(gone))))
    return found


def _contradicted(rules: Sequence[Rule], table: CaseTable, cut: int) -> list[Ints]:
    """The cases of each rule that is right much less often after the cut than before."""
    free = np.ones(table.cases, dtype=bool)
    found = []
    for rule in rules:
        covers = table.vocabulary.columns[list(rule.conditions)].all(axis=0)
        segment = np.nonzero(free & covers)[0]
        free &= ~covers
        right = table.expected[segment] == rule.answer
        old = segment < cut
        counts = [[int((right & side).sum()), int((~right & side).sum())] for side in (old, ~old)]
        if fisher_exact(counts, alternative="greater")[1] < LEVEL:
            found.append(segment)
    return found


def _best(table: CaseTable, prior: Prior, start: int, windows: Sequence[Window]) -> Window:
    """By what each would have said of the newest block."""
    size = min(BLOCK_MAX, max(BLOCK_MIN, int(BLOCK_SHARE * table.cases)))
    block = np.arange(table.cases - size, table.cases)
    right = []
    for window in windows:
        places = np.array(window.places, dtype=np.int64) - start
        before = places[(places >= 0) & (places < block[0])]
        rules = Search(table.only(before), prior).run() if len(before) else []
        right.append((answers_of(rules, table) == table.expected)[block])
    gains = [_gain(one, right[0]) for one in right]
    best = int(np.argmax(gains))
    return windows[best] if gains[best] > 0 else windows[0]


def _gain(right: Bools, usual: Bools) -> float:
    won, lost = int((right & ~usual).sum()), int((usual & ~right).sum())
    return won - lost - MARGIN * sqrt(won + lost) if won > lost else 0.0
