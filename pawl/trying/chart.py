"""The curve in a terminal: a line a window, agreement from left to right."""

from collections.abc import Sequence
from dataclasses import dataclass

from pawl.trying.result import Share, Span

WIDTH = 41


@dataclass(frozen=True)
class Marks:
    """What a window is drawn with."""

    interval: str
    recorded: str
    served: str
    both: str


UNICODE = Marks("─", "○", "●", "◉")
ASCII = Marks("-", "o", "*", "@")


def chart(windows: Sequence[Span], marks: Marks) -> list[str]:
    """Lines of text: rows, shares, and a bar with the interval of what was served."""
    low, high = axis(windows)
    rows = [f"{one.first}-{one.last}" for one in windows]
    width = max(len("reviews"), *map(len, rows))
    scale = f"{low:.0%}".ljust(WIDTH - len(f"{high:.0%}")) + f"{high:.0%}"
    lines = [f"{'reviews':<{width}}    then  served   draft  {scale}"]
    for row, one in zip(rows, windows, strict=True):
        drafted = f"{one.learner.rate:7.1%}" if one.learner else "      -"
        shares = f"{one.recorded.rate:7.1%} {one.served.rate:7.1%} {drafted}"
        lines.append(f"{row:<{width}} {shares}  {_bar(one, low, high, marks)}".rstrip())
    return lines


def legend(marks: Marks) -> str:
    """What the marks mean."""
    return (
        f"{marks.recorded} then   {marks.served} served, {marks.interval * 3} its 95 % interval   "
        f"{marks.both} both"
    )


def axis(windows: Sequence[Span]) -> tuple[float, float]:
    """Whole tenths around everything that is drawn."""
    shares: list[Share] = [share for one in windows for share in (one.recorded, one.served)]
    low = min([share.interval.low for share in shares if share.n] or [0.0])
    high = max([share.interval.high for share in shares if share.n] or [1.0])
    return max(0.0, int(low * 10) / 10), min(1.0, -(-high * 10 // 1) / 10)


def _bar(one: Span, low: float, high: float, marks: Marks) -> str:
    def place(share: float) -> int:
        return round((share - low) / max(1e-9, high - low) * (WIDTH - 1))

    cells = [" "] * WIDTH
    first, last = place(one.served.interval.low), place(one.served.interval.high)
    cells[first : last + 1] = marks.interval * (last + 1 - first)
    then, served = place(one.recorded.rate), place(one.served.rate)
    cells[then] = marks.recorded
    cells[served] = marks.both if then == served else marks.served
    return "".join(cells)
