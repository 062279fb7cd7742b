"""What the reviewer posts: her decision on each run, as feedback."""

from collections.abc import Iterable

from examples.procurement.data import Review
from examples.procurement.demo.agent_api import Ran
from libs.contracts.api import FeedbackPosted

REVIEWER = "procurement-reviewer"


def feedback_on(
    project: str, agent: str, run: str, pairs: Iterable[tuple[Ran, Review]]
) -> list[FeedbackPosted]:
    """An override where she disagrees, a confirmation where she agrees.

    The id follows from run and request: posted again after a crash it is the same feedback.
    """
    return [
        FeedbackPosted(
            feedback_id=f"{run}/{ran.request_id}",
            project=project,
            agent=agent,
            trace_id=ran.trace_id,
            session_id=ran.session_id,
            kind="confirmation" if review.decision == ran.decision else "override",
            author=REVIEWER,
            expected=review.decision,
            reason=review.reasoning[:10_000],
            precedent=review.precedent[:200] if review.precedent else None,
            conditions=review.conditions[:50],
            example_key=ran.request_id,
        )
        for ran, review in pairs
    ]
