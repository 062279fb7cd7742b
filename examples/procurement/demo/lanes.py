"""Which requests have to go one after another: those of one department in one budget period.

Each sees what the ones before it committed. Lanes go side by side, so that no outcome depends on
a race.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from examples.procurement.data import PurchaseRequest


@dataclass(frozen=True)
class Lane:
    """`period` names the budget period, `requests` are of one department."""

    period: str
    requests: tuple[PurchaseRequest, ...]


def lanes_of(requests: Sequence[PurchaseRequest], period: str) -> list[Lane]:
    """One lane for each department."""
    by_department: dict[str, list[PurchaseRequest]] = defaultdict(list)
    for request in requests:
        by_department[request.department].append(request)
    return [Lane(period, tuple(lane)) for lane in by_department.values()]


def lanes_of_periods(requests: Sequence[PurchaseRequest], size: int, name: str) -> list[Lane]:
    """Many requests in periods of `size` each; the last one may be shorter."""
    starts = range(0, len(requests), size)
    return [
        lane
        for number, start in enumerate(starts)
        for lane in lanes_of(requests[start : start + size], f"{name}-{number}")
    ]


def waves(lanes: Sequence[Lane]) -> Iterator[list[tuple[Lane, PurchaseRequest]]]:
    """The first request of every lane, then the second of every lane that has one, and so on."""
    longest = max((len(lane.requests) for lane in lanes), default=0)
    for place in range(longest):
        yield [(lane, lane.requests[place]) for lane in lanes if place < len(lane.requests)]
