"""The agreement curve as geometry: points with intervals, markers, labels that do not collide."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 760.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 118.0, 14.0, 40.0
DODGE = 7.0
LABEL_GAP = 17.0
SPAN_MIN = 0.4
MARKER = 4.2


@dataclass(frozen=True)
class Reading:
    """Agreement of one series at one step of the x axis; `low` and `high` when known."""

    step: int
    share: float
    low: float | None = None
    high: float | None = None
    n: int | None = None


@dataclass(frozen=True)
class Series:
    """`name` picks the colour, `label` is what people read."""

    name: str
    label: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Step:
    """One place on the x axis."""

    label: str
    href: str | None = None


@dataclass(frozen=True)
class Mark:
    """A reading on the canvas."""

    reading: Reading
    x: float
    y: float
    y_low: float | None
    y_high: float | None
    path: str
    """SVG path of the marker: each series has its own shape, so colour is never alone."""


@dataclass(frozen=True)
class Line:
    """A series on the canvas, with the place of its label at the right end."""

    series: Series
    marks: tuple[Mark, ...]
    path: str
    label_y: float


@dataclass(frozen=True)
class Curve:
    """Everything that the template draws."""

    lines: tuple[Line, ...]
    steps: tuple[tuple[Step, float], ...]
    ticks: tuple[tuple[int, float], ...]
    """Percent and y."""
    x_end: float


def curve(series: Sequence[Series], steps: Sequence[Step]) -> Curve | None:
    """Lay the series out; None when there is nothing to draw."""
    shown = [one for one in series if one.readings]
    if not shown or not steps:
        return None
    low, high = _range(shown)
    x_of = _x_scale(len(steps))

    def y_of(share: float) -> float:
        return TOP + (high - share) / (high - low) * (HEIGHT - TOP - BOTTOM)

    lines = []
    for index, one in enumerate(shown):
        shift = (index - (len(shown) - 1) / 2) * DODGE
        marks = tuple(
            Mark(
                reading=reading,
                x=x_of[reading.step] + shift,
                y=y_of(reading.share),
                y_low=None if reading.low is None else y_of(reading.low),
                y_high=None if reading.high is None else y_of(reading.high),
                path=_marker(one.name, x_of[reading.step] + shift, y_of(reading.share)),
            )
            for reading in one.readings
        )
        lines.append(Line(one, marks, _polyline(marks), marks[-1].y))
    return Curve(
        lines=_spread_labels(lines),
        steps=tuple(zip(steps, x_of, strict=True)),
        ticks=_ticks(low, high, y_of),
        x_end=WIDTH - RIGHT,
    )


def _range(series: Sequence[Series]) -> tuple[float, float]:
    """Tens of percent around every interval, and wide enough that noise looks like noise."""
    ends = [end for s in series for r in s.readings for end in (r.share, r.low, r.high)]
    values = [end for end in ends if end is not None]
    low = math.floor(min(values) * 10) / 10
    high = math.ceil(max(values) * 10) / 10
    if high - low < SPAN_MIN:
        middle = (high + low) / 2
        low, high = middle - SPAN_MIN / 2, middle + SPAN_MIN / 2
    low, high = max(0.0, math.floor(low * 10) / 10), min(1.0, math.ceil(high * 10) / 10)
    return low, high


def _x_scale(count: int) -> list[float]:
    inner = WIDTH - LEFT - RIGHT - 44
    gap = inner / (count - 1) if count > 1 else 0.0
    start = LEFT + 22 + (inner / 2 if count == 1 else 0.0)
    return [start + gap * index for index in range(count)]


def _ticks(
    low: float, high: float, y_of: Callable[[float], float]
) -> tuple[tuple[int, float], ...]:
    start, end = round(low * 100), round(high * 100)
    gap = 10 if end - start <= 70 else 20
    return tuple((percent, y_of(percent / 100)) for percent in range(start, end + 1, gap))


def _polyline(marks: Sequence[Mark]) -> str:
    return "M" + " L".join(f"{mark.x:.1f} {mark.y:.1f}" for mark in marks)


def _marker(name: str, x: float, y: float) -> str:
    r = MARKER
    if name == "select":
        return f"M{x - r:.1f} {y - r:.1f} h{2 * r} v{2 * r} h{-2 * r} z"
    if name in ("sealed", "new"):
        d = r * 1.35
        return f"M{x:.1f} {y - d:.1f} l{d} {d} l{-d} {d} l{-d} {-d} z"
    if name == "fresh":
        d = r * 1.3
        return f"M{x:.1f} {y - d:.1f} l{d} {1.8 * d} h{-2 * d} z"
    return f"M{x - r:.1f} {y:.1f} a{r} {r} 0 1 0 {2 * r} 0 a{r} {r} 0 1 0 {-2 * r} 0 z"


def _spread_labels(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Push labels apart, keeping their order, so that each can be read."""
    ordered = sorted(lines, key=lambda line: line.label_y)
    placed: list[Line] = []
    for line in ordered:
        lowest = placed[-1].label_y + LABEL_GAP if placed else TOP
        placed.append(Line(line.series, line.marks, line.path, max(line.label_y, lowest)))
    overflow = placed[-1].label_y - (HEIGHT - BOTTOM) if placed else 0.0
    if overflow > 0:
        placed = [Line(p.series, p.marks, p.path, p.label_y - overflow) for p in placed]
    by_name = {line.series.name: line for line in placed}
    return tuple(by_name[line.series.name] for line in lines)
