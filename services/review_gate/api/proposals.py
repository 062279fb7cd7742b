"""List, read, decide."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.exceptions import HTTPException

from libs.contracts.api import DecisionPosted, Page, ProposalView
from libs.contracts.api.proposals import ProposalState
from libs.runtime.auth import Principal, require
from libs.runtime.problems import problem_responses
from services.review_gate.adapters.reviews_sql import SqlReviews
from services.review_gate.api.problems import as_http
from services.review_gate.domain.decisions import Decisions

Id = Annotated[str, Path(min_length=1, max_length=40)]
Text = Annotated[str | None, Query(max_length=200)]
Cursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")]
Limit = Annotated[int, Query(ge=1, le=200)]
Reader = Annotated[Principal, Depends(require("read"))]
Reviewer = Annotated[Principal, Depends(require("review"))]


def proposals_router(reviews: SqlReviews, decisions: Decisions) -> APIRouter:
    router = APIRouter(prefix="/api/v1/proposals", tags=["proposals"])

    @router.get("", responses=problem_responses(422))
    async def list_proposals(
        reader: Reader,
        agent: Text = None,
        mining_run_id: Text = None,
        state: ProposalState | None = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[ProposalView]:
        """Newest first."""
        filters = {"mining_run_id": mining_run_id, "state": state}
        return await reviews.page(
            filters, int(cursor) if cursor else None, limit, reader.agents_of(agent)
        )

    @router.get("/{proposal_id}", responses=problem_responses(404, 422))
    async def get_proposal(reader: Reader, proposal_id: Id) -> ProposalView:
        """One proposal with its experiment, pull request and decision."""
        return await _seen(reviews, reader, proposal_id)

    @router.post(
        "/{proposal_id}/decision",
        responses=problem_responses(404, 409, 422, 503),
    )
    async def decide(reviewer: Reviewer, proposal_id: Id, posted: DecisionPosted) -> ProposalView:
        """Approve or reject exactly the commit that was read; 409 when the branch has moved."""
        if posted.decision == "reject" and not posted.reason.strip():
            raise HTTPException(422, "reason: a rejection needs one, the miner learns from it")
        await _seen(reviews, reviewer, proposal_id)
        with as_http():
            return await decisions.decide(proposal_id, posted)

    return router


async def _seen(reviews: SqlReviews, caller: Principal, proposal_id: str) -> ProposalView:
    view = await reviews.get(proposal_id)
    if view is None or not caller.allows_agent(view.proposal.agent):
        raise HTTPException(404, f"there is no proposal {proposal_id!r}")
    return view
