"""`/api/v1/examples`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from libs.contracts.api import ExampleCounts, ExampleView, Page
from libs.jobs import Queue
from libs.runtime.auth import Principal, check_agent, require
from libs.runtime.problems import problem_responses
from libs.stats.intervals import wilson
from services.datasets.adapters.reviews_sql import ReviewStore, Totals

Reader = Annotated[Principal, Depends(require("read"))]
Agent = Annotated[str, Query(min_length=1, max_length=100)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Position = Annotated[int, Query(ge=0, le=2**53)]


def build_router(reviews: ReviewStore, pending: Queue) -> APIRouter:
    """Every answer holds only what the caller's agents and projects allow."""
    router = APIRouter(prefix="/api/v1", tags=["examples"])

    @router.get("/examples", responses=problem_responses(422))
    async def list_examples(
        caller: Reader,
        agent: Agent,
        after: Position = 0,
        through: Position | None = None,
        limit: Limit = 200,
    ) -> Page[ExampleView]:
        """Reviews in the order of the agent's log, `after < position <= through`.

        `next_cursor` is the position to go on after. What has been listed never changes.
        """
        check_agent(caller, agent)
        found = await reviews.list(agent, caller.projects, after, through, limit + 1)
        page = tuple(found[:limit])
        more = len(found) > limit
        return Page(items=page, next_cursor=str(page[-1].position) if more else None)

    @router.get("/examples/counts", responses=problem_responses(422))
    async def count_examples(
        caller: Reader,
        agent: Agent,
        config_digest: Annotated[str | None, Query(max_length=200)] = None,
    ) -> ExampleCounts:
        """Agreement with its 95 % interval (Wilson); an example counts once, by its last review."""
        check_agent(caller, agent)
        waiting = await pending.count(agent, caller.projects)
        because = await pending.reasons(agent, caller.projects)
        totals = await reviews.totals(agent, config_digest, caller.projects)
        head = await reviews.head(agent)
        return _counts(agent, config_digest, totals).model_copy(
            update={"pending": waiting, "pending_because": because, "head": head}
        )

    return router


def _counts(agent: str, digest: str | None, totals: Totals) -> ExampleCounts:
    interval = wilson(totals.correct, totals.n) if totals.n else None
    return ExampleCounts(
        agent=agent,
        config_digest=digest,
        n=totals.n,
        correct=totals.correct,
        agreement=totals.correct / totals.n if totals.n else None,
        ci_low=interval.low if interval else None,
        ci_high=interval.high if interval else None,
        reviews=totals.reviews,
        pending=0,
    )
