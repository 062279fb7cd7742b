"""Miners that see every verdict and figure, and choose what to send next by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from benchmarks.lifetimes.trial import Candidate, Rng, Trial

DISCORDANCE = (0.02, 0.3)


class Miner(Protocol):
    """`behind_max`: a candidate that is behind by so many is taken back for the next one."""

    behind_max: int | None

    def draft(self, seen: Sequence[Trial], rng: Rng) -> Candidate: ...


@dataclass(frozen=True)
class Useless:
    """Every candidate is worth nothing or does harm; how much it changes follows the figures."""

    behind_max: int | None = 3
    harm: float = 0.0

    def draft(self, seen: Sequence[Trial], rng: Rng) -> Candidate:
        """Change more after a refusal, and the same again after a near miss."""
        low, high = DISCORDANCE
        if not seen:
            return self._of(float(rng.uniform(low, high)))
        last = seen[-1]
        pace = (last.wins + last.losses) / max(1, last.n)
        if last.verdict == "accept" or last.wins > last.losses:
            return self._of(pace)
        return self._of(float(rng.uniform(min(max(low, pace), high), high)))

    def _of(self, discordance: float) -> Candidate:
        kept = min(max(discordance, DISCORDANCE[0]), DISCORDANCE[1])
        return Candidate(kept / 2 * (1 - self.harm), kept / 2 * (1 + self.harm))


REAL = (Candidate(0.12, 0.02), Candidate(0.06, 0.02), Candidate(0.2, 0.05))


@dataclass(frozen=True)
class Mixed:
    """One candidate in four is a true gain; after an acceptance only useless ones for a while."""

    useless: Useless = Useless()
    share_real: float = 0.25

    @property
    def behind_max(self) -> int | None:
        return self.useless.behind_max

    def draft(self, seen: Sequence[Trial], rng: Rng) -> Candidate:
        """Greedy after success: the acceptance is followed by what is worth nothing."""
        just_passed = any(trial.verdict == "accept" for trial in seen[-2:])
        if not just_passed and rng.random() < self.share_real:
            return REAL[int(rng.integers(len(REAL)))]
        return self.useless.draft(seen, rng)
