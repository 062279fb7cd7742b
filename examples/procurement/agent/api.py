"""The agent over HTTP: requests in, answers out; replays on the path that it announces."""

from typing import Annotated

from fastapi import FastAPI, HTTPException, Query
from pawl_sdk.config import ConfigUnavailable
from pawl_sdk.replay import ReplayApp
from starlette.routing import Route

from examples.procurement.agent.service import Answer, Service
from examples.procurement.data.model import PurchaseRequest

Named = Annotated[str, Query(min_length=1, max_length=250)]


def build_api(service: Service, replay: ReplayApp, replay_path: str) -> FastAPI:
    """`POST /requests` and the replay protocol."""
    api = FastAPI(title="Procurement agent", docs_url=None, redoc_url=None)

    @api.post("/requests")
    async def answer(request: PurchaseRequest, run_id: Named, period: Named) -> Answer:
        """One run. The same `run_id` again is the same trace, sent again."""
        try:
            return await service.answer(request, run_id, period)
        except ConfigUnavailable as error:
            raise HTTPException(503, str(error)) from error

    @api.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    api.router.routes.append(Route(replay_path, replay, methods=["POST"]))
    return api
