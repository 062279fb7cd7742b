"""A labelled case as the learner sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libs.facts import Flat
from libs.facts.words import words_of


@dataclass(frozen=True)
class Case:
    """`answered` is what the agent says now; a rule may change it to `expected`."""

    key: str
    trace_id: str
    facts: Flat
    inputs: Mapping[str, Any]
    answered: str
    expected: str
    precedent: str | None
    reason: str

    @property
    def wrong(self) -> bool:
        return self.answered != self.expected

    def words(self) -> frozenset[str]:
        """What the reviewer said, as words: reason and precedent tag."""
        text = f"{self.reason} {self.precedent or ''}".replace("-", " ").replace("_", " ")
        return frozenset(words_of(text))
