"""`/api/v1/experiments` and `/api/v1/ledger`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException

from libs.contracts.api import ExperimentView, LedgerView, Page
from libs.runtime.auth import Principal, check_agent, require
from libs.runtime.problems import problem_responses
from services.experiments.adapters.queue_sql import QueueStore
from services.experiments.adapters.tests_sql import TestLedger

Reader = Annotated[Principal, Depends(require("read"))]
Agent = Annotated[str, Query(min_length=1, max_length=100)]
Limit = Annotated[int, Query(ge=1, le=1000)]


def build_router(queue: QueueStore, ledger: TestLedger, budget: float) -> APIRouter:
    """Every answer holds only what the caller's agents allow."""
    router = APIRouter(prefix="/api/v1", tags=["experiments"])
    _add_experiments(router, queue)
    _add_ledger(router, ledger, budget)
    return router


def _add_experiments(router: APIRouter, queue: QueueStore) -> None:
    @router.get("/experiments", responses=problem_responses(422))
    async def list_experiments(
        caller: Reader,
        agent: Annotated[str | None, Query(max_length=100)] = None,
        mining_run_id: Annotated[str | None, Query(max_length=200)] = None,
        cursor: Annotated[int, Query(ge=0, le=2**53)] = 0,
        limit: Limit = 100,
    ) -> Page[ExperimentView]:
        """Experiments in the order in which they were queued."""
        found = await queue.list(caller.agents_of(agent), mining_run_id, cursor, limit + 1)
        page = found[:limit]
        return Page(
            items=tuple(view for _, view in page),
            next_cursor=str(page[-1][0]) if len(found) > limit else None,
        )

    @router.get("/experiments/{experiment_id}", responses=problem_responses(404, 422))
    async def get_experiment(caller: Reader, experiment_id: str) -> ExperimentView:
        """One experiment with its whole report."""
        view = await queue.get(experiment_id)
        if view is None or not caller.allows_agent(view.agent):
            raise HTTPException(404, f"there is no experiment {experiment_id}")
        return view


def _add_ledger(router: APIRouter, ledger: TestLedger, budget: float) -> None:
    @router.get("/ledger", responses=problem_responses(404, 422))
    async def read_ledger(caller: Reader, agent: Agent) -> LedgerView:
        """Every test of the agent's life, and what the next one would be held to."""
        check_agent(caller, agent)
        entries = await ledger.entries(agent)
        exact, procedure = await ledger.next_levels(agent)
        return LedgerView(
            agent=agent,
            budget=budget,
            promotions=sum(entry.outcome == "promoted" for entry in entries),
            level_next_exact=exact,
            level_next_procedure=procedure,
            entries=tuple(entries),
        )
