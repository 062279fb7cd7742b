"""What more reviews would buy: how long a waiting test needs if its rates hold."""

from dataclasses import dataclass
from math import ceil, log

FURTHER_MAX = 100_000
PRIOR = 1 / 3
"""Of a pseudo-review for each of win, loss and tie: rates from few reviews are not taken whole."""
BETS = tuple(step / 100 for step in range(1, 100))


@dataclass(frozen=True)
class Rates:
    """Wins and losses per review, as far as they are known."""

    wins: float
    losses: float


def rates(wins: int, losses: int, n: int) -> Rates:
    """Shrunk towards each other a little."""
    return Rates((wins + PRIOR) / (n + 1), (losses + PRIOR) / (n + 1))


def further_by_betting(seen: Rates, log_e: float, level: float) -> int | None:
    """Reviews until a bettor with the best fixed stake is expected to reach 1 / level.

    Growth in log money per review: Kelly, Bell System Technical Journal 35:917 (1956). None: at
    these rates it never gets there, or not within `FURTHER_MAX`.
    """
    growth = max(seen.wins * log(1 + bet) + seen.losses * log(1 - bet) for bet in BETS)
    missing = max(0.0, -log(level) - log_e)
    return _within(missing / growth) if growth > 0 else None


def further_by_winning(seen: Rates, wins_more: int) -> int | None:
    """Reviews until wins are so many more ahead of losses, at these rates. None: as above."""
    drift = seen.wins - seen.losses
    return _within(wins_more / drift) if drift > 0 else None


def _within(reviews: float) -> int | None:
    return max(1, ceil(reviews)) if reviews <= FURTHER_MAX else None
