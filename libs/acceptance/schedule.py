"""When to learn again: often at first, then at growing distances, and after a surprise at once.

The plan looks only at reviews of the past, so the next ones stay fair evidence. It depends on
nothing but the reviews: whoever asks, and however often, gets the same plan.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scipy.special import bdtrc


@dataclass(frozen=True)
class ScheduleTerms:
    """In reviews. The distance between two learnings is at least `step_min` and the square root
    of all reviews, and at least `growth` times what has come since the plan was begun: a log of
    10,000 rows costs a few dozen learnings.
    """

    first: int = 24
    step_min: int = 12
    growth: float = 0.4
    window: int = 30
    before: int = 30
    """What is served surprises when it errs more often in the window than before it..."""
    surprise: float = 2e-4
    """...with a binomial tail below this: rarely by chance, soon after habits change."""


@dataclass
class Schedule:
    """`start` is the count of reviews from which the distances grow, `next` when to learn."""

    start: int
    next: int
    right: int = 0
    """Before the window; `seen` likewise."""
    seen: int = 0
    recent: str = ""
    """The window: 1 for each review that what is served got right."""

    @classmethod
    def begun(cls, count: int, terms: ScheduleTerms) -> "Schedule":
        """The plan of an era that begins after so many reviews."""
        return cls(start=count, next=max(count, terms.first))

    def learned(self, count: int, terms: ScheduleTerms) -> None:
        """Plan the next learning, after one at this count."""
        least = max(terms.step_min, math.isqrt(count))
        self.next = count + max(least, int(terms.growth * (count - self.start)))

    def observe(self, served_right: bool, terms: ScheduleTerms) -> bool:
        """Take one review; True when what is served has begun to fail."""
        self.recent += "1" if served_right else "0"
        if len(self.recent) > terms.window:
            self.seen += 1
            self.right += self.recent[0] == "1"
            self.recent = self.recent[1:]
        if self.seen < terms.before:
            return False
        wrong = self.recent.count("0")
        rate = (self.seen - self.right + 1) / (self.seen + 2)
        tail = 1.0 if not wrong else float(bdtrc(wrong - 1, len(self.recent), rate))
        return tail < terms.surprise

    def surprised(self, count: int) -> None:
        """Begin the plan anew: learn now, and often for a while."""
        self.start, self.next = count, count
        self.right, self.seen, self.recent = 0, 0, ""

    def state(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> "Schedule":
        """The plan as it was when `state` was taken."""
        return cls(**state)
