"""`POST /api/v1/feedback`: what people said of a run, written to the log before the answer."""

from typing import Annotated

from fastapi import APIRouter, Body, HTTPException

from libs.contracts.api import FeedbackAccepted, FeedbackPosted
from libs.contracts.events import FeedbackRecorded
from services.traces.api.access import Access, Reviewing, problems

POSTED_MAX = 1000


def router(access: Access) -> APIRouter:
    """One endpoint."""
    api = APIRouter(tags=["feedback"])

    @api.post("/feedback", status_code=202, responses=problems(422))
    async def post_feedback(
        principal: Reviewing,
        posted: FeedbackPosted
        | Annotated[list[FeedbackPosted], Body(min_length=1, max_length=POSTED_MAX)],
    ) -> FeedbackAccepted:
        """202 once all of it is durable. The same `feedback_id` again is the same feedback."""
        many = posted if isinstance(posted, list) else [posted]
        for one in many:
            if not principal.allows(one.project):
                raise HTTPException(403, f"this key may not write to project {one.project!r}")
        now = access.app.clock.now()
        events = [
            FeedbackRecorded(
                **one.model_dump(exclude={"feedback_id"}),
                feedback_id=one.feedback_id or access.new_id(),
                recorded_at=now,
            )
            for one in many
        ]
        await access.app.publish(events)
        return FeedbackAccepted(feedback_ids=tuple(event.feedback_id for event in events))

    return api
