"""`/api/v1/mining-runs`."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query

from libs.contracts.api import MiningRunStarted, MiningRunView, Page
from libs.runtime.auth import Principal, check_agent, require
from libs.runtime.problems import problem_responses
from services.miner.adapters.runs_sql import RunStore
from services.miner.handlers import Worker

Reading = Annotated[Principal, Depends(require("read"))]
Reviewing = Annotated[Principal, Depends(require("review"))]


def build_router(runs: RunStore, worker: Worker) -> APIRouter:
    api = APIRouter(prefix="/api/v1/mining-runs", tags=["mining"])

    @api.post("", status_code=202, responses=problem_responses(409, 422))
    async def start(principal: Reviewing, body: MiningRunStarted) -> MiningRunView:
        """Mine an agent's open clusters now."""
        check_agent(principal, body.agent)
        run = await worker.start(body.agent, body.mining_run_id)
        if run.agent != body.agent:
            raise HTTPException(409, f"run {run.mining_run_id} is one of agent {run.agent}")
        return run

    @api.get("", responses=problem_responses(422))
    async def list_runs(
        principal: Reading,
        agent: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Page[MiningRunView]:
        """Newest first."""
        return Page(items=tuple(await runs.newest(principal.agents_of(agent), limit)))

    @api.get("/{mining_run_id}", responses=problem_responses(404, 422))
    async def get_run(principal: Reading, mining_run_id: str) -> MiningRunView:
        run = await runs.get(mining_run_id)
        if run is None or not principal.allows_agent(run.agent):
            raise HTTPException(404, f"no mining run {mining_run_id}")
        return run

    return api
