"""How long to wait before the next try."""

FIRST_SECONDS = 0.25
GROWTH = 1.6
STEPS_MAX = 25


def pause_seconds(attempts: int, seconds_max: float) -> float:
    """Quick at first, since most things come within a second; then ever more patient."""
    return float(min(seconds_max, FIRST_SECONDS * GROWTH ** min(attempts, STEPS_MAX)))
