"""Percentiles of a sample."""

from collections.abc import Sequence

LEVELS = (50, 95, 99)


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Nearest rank: p99 of a hundred values is the second largest at most. NaN of none."""
    ordered = sorted(values)
    found: dict[str, float] = {"n": len(ordered)}
    for level in LEVELS:
        found[f"p{level}"] = _rank(ordered, level)
    found["max"] = ordered[-1] if ordered else float("nan")
    return found


def _rank(ordered: Sequence[float], level: int) -> float:
    if not ordered:
        return float("nan")
    place = -(-len(ordered) * level // 100) - 1
    return ordered[max(0, place)]
