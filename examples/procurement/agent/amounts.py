"""Amounts of money in written policies."""

import re

AMOUNT_MIN = 100.0
"""Smaller figures in a policy count days, quotes or people."""

_AMOUNT = re.compile(
    r"(?<![\w.,])[$€£]?\s?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s?([km])?\b(?!\s*(?:%|percent|days?\b))"
)
_SCALE = {"k": 1_000.0, "m": 1_000_000.0, None: 1.0}


def amounts_in(text: str) -> list[float]:
    """Every amount in lower-case text, in order: `$5,000`, `5k` and `5000` are the same."""
    found = [
        float(whole.replace(",", "") + fraction) * _SCALE[scale or None]
        for whole, fraction, scale in _AMOUNT.findall(text)
    ]
    return [amount for amount in found if amount >= AMOUNT_MIN]
