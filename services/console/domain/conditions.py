"""The conditions of a cluster in words."""

from collections.abc import Sequence

from libs.contracts.events import Condition
from services.console.domain.words import label

_SIGNS = {
    "eq": "is",
    "ne": "is not",
    "ge": "≥",
    "lt": "<",
    "in": "is one of",
    "contains": "contains",
    "percent_ge": "names a percentage of at least",
    "size_ge": "has at least so many entries:",
    "size_lt": "has fewer entries than",
    "missing": "is missing:",
}


def in_words(conditions: Sequence[Condition]) -> str:
    """`request.department is Security and request.amount ≥ 5000`."""
    return " and ".join(
        f"{one.fact} {_SIGNS.get(one.op, one.op)} {label(one.value)}" for one in conditions
    )
