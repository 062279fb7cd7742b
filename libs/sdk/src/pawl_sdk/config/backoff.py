"""Pauses that double, with full jitter, so that a fleet never returns in step."""

import random


class Backoff:
    """One pause after another; `reset` after a success."""

    def __init__(self, chance: random.Random, first_seconds: float, seconds_max: float) -> None:
        self._chance = chance
        self._first_seconds = first_seconds
        self._seconds_max = seconds_max
        self.failures = 0

    def next_seconds(self) -> float:
        cap = min(self._seconds_max, self._first_seconds * 2 ** min(self.failures, 20))
        self.failures += 1
        return self._chance.uniform(cap / 2, cap)

    def reset(self) -> None:
        self.failures = 0
