"""Which requests each cycle brings: the first ones, then as many new ones every time."""

from collections.abc import Sequence
from dataclasses import dataclass

from examples.procurement.data import Case, PurchaseRequest, Review


@dataclass(frozen=True)
class Batch:
    """The requests of one cycle, in the order in which they came in, with their reviews."""

    requests: tuple[PurchaseRequest, ...]
    reviews: dict[str, Review]


def batches_of(case: Case, cycles: int) -> list[Batch]:
    """One for each cycle, as long as there is something new; the last one may be shorter."""
    size, stream = len(case.requests), case.stream_requests
    later = [
        _batch(stream[start : start + size], case.stream_reviews)
        for start in range(0, len(stream), size)
    ]
    return [Batch(case.requests, case.reviews), *later][:cycles]


def _batch(requests: Sequence[PurchaseRequest], reviews: dict[str, Review]) -> Batch:
    return Batch(tuple(requests), {one.id: reviews[one.id] for one in requests})
