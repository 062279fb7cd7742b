"""Figures as a person reads them: points, percent, intervals, p values."""

MINUS = "\u2212"


def percent(share: float) -> str:
    """`0.547` as `54.7 %`."""
    return f"{share * 100:.1f} %"


def points(gain: float) -> str:
    """`0.283` as `+28.3`; a share's difference in percentage points."""
    rounded = round(gain * 100, 1)
    return f"{MINUS if rounded < 0 else '+'}{abs(rounded):.1f}"


def interval(low: float, high: float) -> str:
    """`+14.1 to +42.0`."""
    return f"{points(low)} to {points(high)}"


def p_value(p: float) -> str:
    """Two significant digits, never 0."""
    return "< 0.0001" if p < 0.0001 else f"{p:.2g}"


def share(part: int, whole: int) -> str:
    """`29 of 53 (54.7 %)`; without a whole only the part."""
    return f"{part} of {whole} ({percent(part / whole)})" if whole else str(part)


def plural(count: int, noun: str) -> str:
    """`1 rule`, `3 rules`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
