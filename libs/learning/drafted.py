"""What the agent says of itself: a rule may ask for its answer, not for its prose."""

from collections import defaultdict
from collections.abc import Sequence

from libs.learning.case import Case

DRAFT = "draft."
VALUES_MAX = 16
VALUES_SHARE_MAX = 0.25


def words_of_drafts(cases: Sequence[Case]) -> frozenset[str]:
    """Facts of the draft that are words or figures made for this run, not one of a few values."""
    values: dict[str, set[object]] = defaultdict(set)
    for case in cases:
        for fact, value in case.facts.items():
            if fact.startswith(DRAFT):
                values[fact].add(value)
    limit = min(VALUES_MAX, max(3.0, VALUES_SHARE_MAX * len(cases)))
    return frozenset(fact for fact, seen in values.items() if not _few(seen, limit))


def _few(seen: set[object], limit: float) -> bool:
    plain = all(one is None or isinstance(one, str | bool) for one in seen)
    return plain and len(seen) <= limit
