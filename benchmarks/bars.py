"""Bars: what was promised, what was measured, whether it holds."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

HEADINGS = ("part", "bar", "wanted", "measured", "met")


@dataclass(frozen=True)
class Bar:
    """One promise. `measured` is None when it could not be measured; then it is not met."""

    name: str
    wanted: str
    measured: float | None
    unit: str
    met: bool

    @property
    def shown(self) -> str:
        """The measured figure with its unit."""
        if self.measured is None:
            return "not measured"
        digits = 0 if abs(self.measured) >= 100 or self.measured == int(self.measured) else 1
        return f"{self.measured:,.{digits}f} {self.unit}".rstrip()


@dataclass(frozen=True)
class Outcome:
    """What a part found: its bars, and every figure behind them."""

    bars: Sequence[Bar]
    figures: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the results file."""
        return {"bars": [asdict(bar) for bar in self.bars], "figures": self.figures}


def at_least(name: str, measured: float | None, limit: float, unit: str) -> Bar:
    """Met from the limit on."""
    met = measured is not None and measured >= limit
    return Bar(name, f"at least {limit:,.0f} {unit}".rstrip(), measured, unit, met)


def below(name: str, measured: float | None, limit: float, unit: str) -> Bar:
    """Met under the limit."""
    met = measured is not None and measured < limit
    return Bar(name, f"below {limit:,.0f} {unit}".rstrip(), measured, unit, met)


def table(found: dict[str, Outcome]) -> str:
    """Every bar of every part, in columns."""
    rows = [HEADINGS] + [
        (part, bar.name, bar.wanted, bar.shown, "yes" if bar.met else "NO")
        for part, outcome in found.items()
        for bar in outcome.bars
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)
