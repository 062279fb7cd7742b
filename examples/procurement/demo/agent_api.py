"""Asking the agent, as its callers and as the replay protocol do."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from examples.procurement.data import PurchaseRequest
from examples.procurement.demo.errors import DemoError

LANES_MAX = 4
REPLAY_INPUTS_MAX = 100


@dataclass(frozen=True)
class Ran:
    """One answered request. `input` is what the agent saw, with its department's spend."""

    request_id: str
    trace_id: str
    session_id: str
    decision: str
    digest: str
    input: dict[str, Any]


class AgentApi:
    """Over HTTP; `base_url` is the agent's."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def run_all(
        self,
        requests: Sequence[PurchaseRequest],
        run: str,
        period: str,
        tick: Callable[[], None],
    ) -> dict[str, Ran]:
        """Run every request once in one budget period.

        A department's requests go one after another, for each sees what the ones before it
        committed; departments go side by side, so that the outcome depends on no race.
        """
        lanes: dict[str, list[PurchaseRequest]] = defaultdict(list)
        for request in requests:
            lanes[request.department].append(request)
        gate = asyncio.Semaphore(LANES_MAX)

        async def lane(one: list[PurchaseRequest]) -> list[Ran]:
            async with gate:
                ran = []
                for request in one:
                    ran.append(await self._run(request, run, period))
                    tick()
                return ran

        done = await asyncio.gather(*(lane(one) for one in lanes.values()))
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
            input=found["input"],
        )

    async def replay(
        self,
        replay_url: str,
        bundle: bytes,
        inputs: Sequence[dict[str, Any]],
        tick: Callable[[int], None],
    ) -> list[str]:
        """Decisions that another config gives on the same inputs; nothing of it is recorded."""
        decisions: list[str] = []
        for start in range(0, len(inputs), REPLAY_INPUTS_MAX):
            part = list(inputs[start : start + REPLAY_INPUTS_MAX])
            body = {"bundle": json.loads(bundle), "digest": None, "inputs": part}
            response = await self._client.post(replay_url, json=body)
            if not response.is_success:
                raise DemoError(f"replay answered {response.status_code}: {response.text[:500]}")
            for result in response.json()["results"]:
                if result["output"] is None:
                    raise DemoError(f"a replayed run failed: {result['error']}")
                decisions.append(result["output"]["decision"])
            tick(len(part))
        return decisions
