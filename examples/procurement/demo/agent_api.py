"""Asking the agent, as its callers and as the replay protocol do."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from examples.procurement.data import PurchaseRequest
from examples.procurement.demo.errors import DemoError
from examples.procurement.demo.lanes import Lane

LANES_MAX = 4


@dataclass(frozen=True)
class Ran:
    """One answered request."""

    request_id: str
    trace_id: str
    session_id: str
    decision: str
    digest: str


class AgentApi:
    """Over HTTP; `base_url` is the agent's."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def run_all(
        self, lanes: Sequence[Lane], run: str, tick: Callable[[], None]
    ) -> dict[str, Ran]:
        """Run every request once: within a lane in order, a few lanes side by side."""
        gate = asyncio.Semaphore(LANES_MAX)

        async def go(lane: Lane) -> list[Ran]:
            async with gate:
                ran = []
                for request in lane.requests:
                    ran.append(await self._run(request, run, lane.period))
                    tick()
                return ran

        done = await asyncio.gather(*(go(lane) for lane in lanes))
        return {ran.request_id: ran for one in done for ran in one}

    async def _run(self, request: PurchaseRequest, run: str, period: str) -> Ran:
        query = {"run_id": f"{run}/{request.id}", "period": period}
        body = request.model_dump(mode="json")
        response = await self._client.post("/requests", params=query, json=body)
        if not response.is_success:
            raise DemoError(f"the agent answered {response.status_code}: {response.text[:500]}")
        found = response.json()
        return Ran(
            request_id=request.id,
            trace_id=found["trace_id"],
            session_id=found["session_id"],
            decision=found["answer"]["decision"],
            digest=found["config_digest"],
        )

    async def replay(
        self, replay_url: str, bundle: dict[str, Any], inputs: Sequence[dict[str, Any]]
    ) -> list[str]:
        """Decisions that another config gives on these inputs; nothing of it is recorded."""
        body = {"bundle": bundle, "digest": None, "inputs": list(inputs)}
        response = await self._client.post(replay_url, json=body)
        if not response.is_success:
            raise DemoError(f"replay answered {response.status_code}: {response.text[:500]}")
        results = response.json()["results"]
        failed = [one["error"] for one in results if one["output"] is None]
        if failed:
            raise DemoError(f"a replayed run failed: {failed[0]}")
        return [one["output"]["decision"] for one in results]
