"""When to learn again: often at first, then at growing distances, and after a surprise at once.

The plan looks only at reviews of the past, so the next ones stay fair evidence. It depends on
nothing but the reviews: whoever asks, and however often, gets the same plan.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ScheduleTerms:
    """In reviews. `growth` is the distance between two learnings as a part of what came between
    the start of the plan and the first of them."""

    first: int = 24
    step_min: int = 12
    step_share: float = 0.01
    """A step is at least this part of all reviews, so that a long log costs few learnings."""
    growth: float = 0.4
    window: int = 30
    before: int = 30
    """What is served surprises when it errs more often in the window than before it."""
    deviations: float = 3.5


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
        least = max(terms.step_min, int(terms.step_share * count))
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
        rate = (self.right + 1) / (self.seen + 2)
        spread = math.sqrt(len(self.recent) * rate * (1 - rate))
        expected = len(self.recent) * rate
        return self.recent.count("1") < expected - terms.deviations * spread

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
