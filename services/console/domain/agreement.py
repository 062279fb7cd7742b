"""Which readings a curve has: from counts remembered per digest, or from a report of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from libs.contracts.api import LoopReport
from libs.contracts.api.loop_reports import LoopPoint, LoopRate
from services.console.domain.curve import Reading, Series, Step

LABELS: Mapping[str, str] = {
    "mine": "mine",
    "select": "select",
    "sealed": "sealed",
    "new": "new",
    "fresh": "fresh",
}
"""Of a report. mine, select, sealed: of older ones, from before every review was evidence first."""
ROUNDING = 0.001
"""A report may round its shares in one place and not in another."""


@dataclass(frozen=True)
class Counted:
    """The fullest count of reviews seen of runs under one config."""

    digest: str
    n: int
    correct: int
    low: float
    high: float


@dataclass(frozen=True)
class Graph:
    """Series over steps, ready for `curve`, and for the table beside it."""

    series: tuple[Series, ...]
    steps: tuple[Step, ...]

    def at(self, name: str, step: int) -> Reading | None:
        """One cell of the table."""
        readings = next((one.readings for one in self.series if one.name == name), ())
        return next((one for one in readings if one.step == step), None)


def graph_of_releases(order: Sequence[tuple[int, str]], counts: Sequence[Counted]) -> Graph:
    """`order` is (sequence, digest) of each release, oldest first; one series, of reviews."""
    known = {one.digest: one for one in counts if one.n}
    measured = [(number, known[digest]) for number, digest in order if digest in known]
    readings = tuple(
        Reading(index, one.correct / one.n, one.low, one.high, one.n)
        for index, (_, one) in enumerate(measured)
    )
    steps = tuple(Step(f"release {number}", f"/releases#r{number}") for number, _ in measured)
    return Graph((Series("reviews", "agreed", readings),), steps)


def graph_of_report(report: LoopReport) -> Graph:
    """Baseline, then one step a cycle; what only the end knows stands at the last step."""
    points: list[LoopPoint] = [report.baseline, *report.cycles]
    labels = ["baseline", *(f"cycle {cycle.n}" for cycle in report.cycles)]
    last = len(points) - 1
    series = []
    for name in LABELS:
        readings = [
            _reading(index, rate)
            for index, point in enumerate(points)
            for rate in [_rate(point, name)]
            if rate is not None and rate.agreement is not None
        ]
        if name == "fresh" and report.final and report.final.after_first_cycle and last > 1:
            readings.append(_reading(1, report.final.after_first_cycle))
        final = _rate(report.final, name) if report.final else None
        if final and final.agreement is not None:
            readings = [one for one in readings if one.step != last or last == 0]
            readings.append(_reading(last, _richer(final, _rate(points[last], name))))
        series.append(Series(name, LABELS[name], tuple(readings)))
    return Graph(tuple(series), tuple(Step(label) for label in labels))


def _rate(point: LoopPoint, name: str) -> LoopRate | None:
    if name in point.figures:
        return point.figures[name]
    value = getattr(point, name)
    return LoopRate(agreement=value) if isinstance(value, float) else value


def _richer(final: LoopRate, cycle: LoopRate | None) -> LoopRate:
    """The final figures; of the last cycle when it says the same and has n and interval too."""
    if cycle is None or cycle.agreement is None or final.agreement is None or final.n is not None:
        return final
    return cycle if abs(cycle.agreement - final.agreement) < ROUNDING else final


def _reading(step: int, rate: LoopRate) -> Reading:
    low, high = rate.ci if rate.ci else (None, None)
    return Reading(step, _exact(rate), low, high, rate.n)


def _exact(rate: LoopRate) -> float:
    """A rounded share of n as it was before: rounded a second time it may say something else."""
    share = rate.agreement or 0.0
    exact = round(share * rate.n) / rate.n if rate.n else share
    return exact if abs(exact - share) < ROUNDING else share
