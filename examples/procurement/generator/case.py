"""A whole case from one seed: the requests, and the reviews that the colleague writes."""

from examples.procurement.data.model import Case, PurchaseRequest, Review
from examples.procurement.generator.company import REFERENCE
from examples.procurement.generator.requests import draw_requests
from examples.procurement.reviewer import Reviewer

LEARN_COUNT = 130
FRESH_COUNT = 1_000


def make_case(
    seed: int,
    flip_share: float | None = None,
    learn_count: int = LEARN_COUNT,
    fresh_count: int = FRESH_COUNT,
) -> Case:
    """The same seed gives the same case. `flip_share` of the decisions are a person's slips."""
    reviewer = Reviewer(REFERENCE, seed, flip_share)
    learn = draw_requests(seed, "learn", "R", learn_count)
    fresh = draw_requests(seed, "fresh", "F", fresh_count)
    return Case(
        requests=learn,
        reviews=_reviews(reviewer, learn),
        fresh_requests=fresh,
        fresh_reviews=_reviews(reviewer, fresh),
        reference=REFERENCE,
    )


def _reviews(reviewer: Reviewer, requests: tuple[PurchaseRequest, ...]) -> dict[str, Review]:
    return {request.id: reviewer.review(request) for request in requests}
