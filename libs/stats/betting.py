"""Money of gamblers with fixed stakes: an e-process for "no gain is expected".

Each gambler stakes a fixed part of their money on the next gain, which is at least -1. If no gain
is expected, whatever came before, nobody's money is expected to grow, nor is the mean of it: the
chance that it ever reaches 1 / level is at most the level (Ville, 1939). Source: Waudby-Smith and
Ramdas, J. R. Stat. Soc. B 86:1 (2024).
"""

import math
from collections.abc import Sequence

STAKES = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)
Money = tuple[float, ...]
"""Logs, one a stake."""
START: Money = (0.0,) * len(STAKES)


def after(money: Money, gain: float) -> Money:
    """The gamblers' logs after one gain, which is at least -1."""
    if gain < -1:
        raise ValueError(f"expected a gain of at least -1, came {gain}")
    if gain == 0:
        return money
    return tuple(log + math.log1p(s * gain) for log, s in zip(money, STAKES, strict=True))


def log_mean(money: Sequence[float]) -> float:
    """Log of the mean money: the log e-value."""
    top = max(money)
    return top + math.log(sum(math.exp(log - top) for log in money) / len(money))


def shared(money: Money, part: float) -> Money:
    """Each gives a part of their money, and all get the same of it; the mean stays as it was.

    After a long time without gains the bold are poor; this lets them play again (fixed share:
    Herbster and Warmuth, Machine Learning 32:151, 1998).
    """
    if not 0 <= part <= 1:
        raise ValueError(f"expected a part between 0 and 1, came {part}")
    mean = math.exp(log_mean(money) - (top := max(money)))
    return tuple(top + math.log((1 - part) * math.exp(log - top) + part * mean) for log in money)


def e_value(log_e: float) -> float:
    """The e-value of its log, kept finite for JSON."""
    return math.exp(min(log_e, 700.0))
