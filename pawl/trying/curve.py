"""The curve as points of a drawing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10

from pawl.trying.chart import axis
from pawl.trying.result import Result, Share, Span

LEFT, RIGHT, TOP, BOTTOM = 44.0, 14.0, 14.0, 30.0


@dataclass(frozen=True)
class Dot:
    """One window of one line; `told` is shown where the pointer rests."""

    x: float
    y: float
    told: str


@dataclass(frozen=True)
class Tick:
    """A line of the grid, or a place on the axis."""

    at: float
    words: str


@dataclass(frozen=True)
class Drawing:
    """Everything in units of the view box."""

    width: int
    height: int
    recorded: tuple[Dot, ...]
    served: tuple[Dot, ...]
    draft: tuple[Dot, ...]
    band: str
    grid: tuple[Tick, ...]
    axis: tuple[Tick, ...]
    promotions: tuple[Tick, ...]


def drawing(result: Result, width: int, height: int) -> Drawing:
    """Agreement by window, at the middle of its rows."""
    low, high = axis(result.windows)
    inner = width - LEFT - RIGHT

    def x(row: float) -> float:
        return round(LEFT + inner * row / max(1, result.n), 1)

    def y(share: float) -> float:
        part = (share - low) / max(1e-9, high - low)
        return round(TOP + (height - TOP - BOTTOM) * (1 - part), 1)

    windows = result.windows
    tenths = range(round(low * 10), round(high * 10) + 1)
    return Drawing(
        width=width,
        height=height,
        recorded=_dots(windows, lambda one: one.recorded, x, y),
        served=_dots(windows, lambda one: one.served, x, y),
        draft=_dots(windows, lambda one: one.learner, x, y),
        band=_band(windows, x, y),
        grid=tuple(Tick(y(one / 10), f"{one * 10} %") for one in tenths),
        axis=tuple(Tick(x(row), f"{row:,}") for row in _rows(result.n, 3 if width < 500 else 6)),
        promotions=tuple(
            Tick(x(one.after), f"after {one.after} reviews: {one.kind} evidence")
            for one in result.promotions
        ),
    )


Scale = Callable[[float], float]


def _middle(one: Span) -> float:
    return (one.first - 1 + one.last) / 2


def _dots(
    windows: Sequence[Span], pick: Callable[[Span], Share | None], x: Scale, y: Scale
) -> tuple[Dot, ...]:
    dots = []
    for one in windows:
        share = pick(one)
        if share is not None and share.n:
            told = f"reviews {one.first} to {one.last}: {share.rate:.1%} of {share.n}"
            dots.append(Dot(x(_middle(one)), y(share.rate), told))
    return tuple(dots)


def _band(windows: Sequence[Span], x: Scale, y: Scale) -> str:
    """The interval of what was served, there along the top and back along the bottom."""
    top = [f"{x(_middle(one))},{y(one.served.interval.high)}" for one in windows]
    bottom = [f"{x(_middle(one))},{y(one.served.interval.low)}" for one in reversed(windows)]
    return " ".join([*top, *bottom])


def _rows(n: int, parts: int) -> list[int]:
    """Round numbers from 0 on, about so many parts."""
    wanted = max(1.0, n / parts)
    size = 10.0 ** floor(log10(wanted))
    step = next(round(size * factor) for factor in (1, 2, 5, 10) if size * factor >= wanted)
    return list(range(0, n + 1, step))
