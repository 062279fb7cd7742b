"""Columns that know the outcome: what was written at the review, or after it.

A fact may well decide the answer: that is what rules are. So a column goes out only when it *is*
the expected answer, or when its name says that it comes from the review as well; what only looks
like it is said aloud and stays.
"""

from collections.abc import Sequence
from typing import Any

from pawl.trying.labels import fold, text_of
from pawl.trying.names import tokens
from pawl.trying.plain_text import quoted
from pawl.trying.role_words import AFTERWARDS, OF_REVIEW

SAME = 0.99
ROWS_MIN = 20
COVERS = 0.5


def leak_of(
    name: str, values: Sequence[Any], answered: Sequence[str], expected: Sequence[str]
) -> tuple[str, bool]:
    """Why the column is left out, or only (False) what to know about it; empty: nothing."""
    if set(tokens(name)) & AFTERWARDS:
        return "its name says that it was written at the review", True
    rows = len(values)
    if rows < ROWS_MIN or len(set(expected)) < 2:
        return "", False
    wrong = [one != right for one, right in zip(answered, expected, strict=True)]
    of_review = bool(set(tokens(name)) & OF_REVIEW)
    agreement = 1 - sum(wrong) / rows
    if agreement <= SAME and _equals(values, expected) > SAME:
        return "it is the expected answer", True
    if agreement <= SAME and _is_recoded(values, expected):
        return _told(of_review, name, "its values tell the expected answer one to one")
    if ROWS_MIN / 4 <= sum(wrong) < rows:
        there = [value is not None for value in values]
        if _splits(there, wrong, of_review):
            return _told(of_review, name, "it is filled where the agent was wrong and only there")
        if _is_recoded(values, [str(one) for one in wrong]) and sum(wrong) >= ROWS_MIN / 4:
            return _told(of_review, name, "it tells where the agent was wrong")
    return "", False


def _told(of_review: bool, name: str, why: str) -> tuple[str, bool]:
    if of_review:
        return f"{why}, and its name speaks of the review", True
    return f"column {quoted(name)}: {why}; if it was written at the review, leave it out", False


def _equals(values: Sequence[Any], expected: Sequence[str]) -> float:
    texts = [text_of(one) for one in values]
    same = sum(
        text is not None and fold(text) == fold(right)
        for text, right in zip(texts, expected, strict=True)
    )
    return same / len(values)


def _is_recoded(values: Sequence[Any], labels: Sequence[str]) -> bool:
    """Each value with one label and each label with one value, but for a hundredth."""
    seen = [(value, label) for value, label in zip(values, labels, strict=True)]
    kinds = set(values)
    if not 2 <= len(kinds) <= len(set(labels)) or len(set(labels)) > len(kinds):
        return False
    forth: dict[Any, dict[str, int]] = {}
    for value, label in seen:
        counts = forth.setdefault(value, {})
        counts[label] = counts.get(label, 0) + 1
    best = {value: max(counts, key=lambda one: counts[one]) for value, counts in forth.items()}
    if len(set(best.values())) < len(best):
        return False
    return sum(max(counts.values()) for counts in forth.values()) > SAME * len(values)


def _splits(there: Sequence[bool], wrong: Sequence[bool], of_review: bool) -> bool:
    """Filled (nearly) only where the agent was wrong, and there mostly or, unnamed, always."""
    filled, missed = sum(there), sum(wrong)
    both = sum(one and other for one, other in zip(there, wrong, strict=True))
    if filled < ROWS_MIN / 4 or both <= SAME * filled:
        return False
    return both > (COVERS if of_review else SAME) * missed
