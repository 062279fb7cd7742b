"""Which conditions the reviewers' own words name."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from libs.contracts.events import Condition
from libs.facts import Vocabulary
from libs.facts.words import words_of
from libs.learning.case import Case

Bools = NDArray[np.bool_]


def mentions_of(conditions: Sequence[Condition], cases: Sequence[Case]) -> Bools:
    """Conditions x cases: the text of the value, or a word of the fact's name, is said."""
    said = [case.words() for case in cases]
    rows = np.zeros((len(conditions), len(cases)), dtype=bool)
    known: dict[tuple[bool, frozenset[str]], Bools] = {}
    rows_of: dict[str, set[int]] = defaultdict(set)
    for row, words in enumerate(said):
        for word in words:
            rows_of[word].add(row)
    for index, condition in enumerate(conditions):
        named = _named_words(condition)
        if not named or condition.op == "ne":
            continue
        key = (isinstance(condition.value, str), named)
        if key not in known:
            found = [rows_of.get(word, set()) for word in sorted(named)]
            hits = set.intersection(*found) if key[0] else set.union(*found)
            known[key] = np.zeros(len(cases), dtype=bool)
            known[key][sorted(hits)] = True
        rows[index] = known[key]
    return rows


def _named_words(condition: Condition) -> frozenset[str]:
    text = condition.value
    if not isinstance(text, str):
        text = condition.fact.split(".")[-1]
    return frozenset(words_of(text.replace("-", " ").replace("_", " ")))


def rates_of(vocabulary: Vocabulary, mentions: Bools, spoke: Bools) -> NDArray[np.float64]:
    """By fact: how often its value is named where the condition holds, whatever the rule."""
    counts: dict[str, list[float]] = defaultdict(lambda: [0.5, 2.0])
    held = vocabulary.columns & spoke[None, :]
    named = (mentions & held).sum(axis=1)
    for index, condition in enumerate(vocabulary.conditions):
        if condition.op != "ne":
            counts[condition.fact][0] += float(named[index])
            counts[condition.fact][1] += float(held[index].sum())
    return np.array(
        [
            counts[c.fact][0] / counts[c.fact][1] if c.fact in counts else 0.1
            for c in vocabulary.conditions
        ]
    )
