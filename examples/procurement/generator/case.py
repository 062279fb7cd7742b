"""A whole case from one seed: the requests, and the reviews that the colleague writes."""

from examples.procurement.data.model import Case, PurchaseRequest, Review
from examples.procurement.generator.company import REFERENCE
from examples.procurement.generator.requests import draw_requests
from examples.procurement.reviewer import Reviewer

LEARN_COUNT = 130
FRESH_COUNT = 1_000
STREAM_COUNT = 3 * LEARN_COUNT
"""Three cycles after the first."""
STREAM_DIGITS = 4


def make_case(
    seed: int,
    flip_share: float | None = None,
    learn_count: int = LEARN_COUNT,
    fresh_count: int = FRESH_COUNT,
    stream_count: int = STREAM_COUNT,
) -> Case:
    """The same seed gives the same case. `flip_share` of the decisions are a person's slips.

    A longer stream begins with the shorter one, and changes nothing else.
    """
    reviewer = Reviewer(REFERENCE, seed, flip_share)
    learn = draw_requests(seed, "learn", "R", learn_count)
    fresh = draw_requests(seed, "fresh", "F", fresh_count)
    stream = draw_requests(seed, "stream", "S", stream_count, STREAM_DIGITS)
    return Case(
        requests=learn,
        reviews=_reviews(reviewer, learn),
        fresh_requests=fresh,
        fresh_reviews=_reviews(reviewer, fresh),
        reference=REFERENCE,
        stream_requests=stream,
        stream_reviews=_reviews(reviewer, stream),
    )


def _reviews(reviewer: Reviewer, requests: tuple[PurchaseRequest, ...]) -> dict[str, Review]:
    return {request.id: reviewer.review(request) for request in requests}
