"""`/api/v1/clusters`."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query

from libs.contracts.api import ClusterView, Page
from libs.contracts.base import Model
from libs.runtime import TransientError
from libs.runtime.auth import Principal, check_agent, require
from libs.runtime.problems import problem_responses
from services.clustering.adapters.clusters_sql import ClusterStore
from services.clustering.handlers import Refresher

Reading = Annotated[Principal, Depends(require("read"))]
Agent = Annotated[str, Query(min_length=1, max_length=200)]


class Refreshed(Model):
    """Everything heard of the agent until the call is clustered now."""

    agent: str
    runs: int


def build_router(store: ClusterStore, refresher: Refresher) -> APIRouter:
    api = APIRouter(prefix="/api/v1/clusters", tags=["clusters"])

    @api.get("", responses=problem_responses(422))
    async def list_clusters(
        principal: Reading,
        agent: Agent | None = None,
        status: Annotated[str | None, Query(pattern=r"^(open|resolved)$")] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,9}$")] = None,
    ) -> Page[ClusterView]:
        """Open ones first, then by size."""
        views = [
            one
            for one in await store.list(agent)
            if status in (None, one.status) and principal.allows_agent(one.agent)
        ]
        start = int(cursor or 0)
        more = str(start + limit) if start + limit < len(views) else None
        return Page(items=tuple(views[start : start + limit]), next_cursor=more)

    @api.post("/refresh", responses=problem_responses(422, 503))
    async def refresh(principal: Reading, agent: Agent) -> Refreshed:
        """Do not wait for the timer: cluster what is known now."""
        check_agent(principal, agent)
        try:
            return Refreshed(agent=agent, runs=await refresher.refresh(agent))
        except TransientError as error:
            raise HTTPException(503, str(error), {"Retry-After": "1"}) from error

    @api.get("/{cluster_id}", responses=problem_responses(404, 422))
    async def get_cluster(principal: Reading, cluster_id: str) -> ClusterView:
        view = await store.get(cluster_id)
        if view is None or not principal.allows_agent(view.agent):
            raise HTTPException(404, f"no cluster {cluster_id}")
        return view

    return api
