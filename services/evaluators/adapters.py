"""Reads traces over the trace store's API."""

import asyncio
from collections.abc import Sequence

import httpx

from libs.contracts.api import TraceTree
from libs.contracts.events import TraceCompleted
from libs.runtime import TransientError
from libs.runtime.http import fetch


class Traces:
    """At most `concurrent_max` reads at once."""

    def __init__(self, client: httpx.AsyncClient, concurrent_max: int) -> None:
        self._client = client
        self._turns = asyncio.Semaphore(concurrent_max)

    async def read(self, completed: Sequence[TraceCompleted]) -> list[TraceTree]:
        """Each trace, in the order asked; `TransientError` when one cannot be read now."""
        return list(await asyncio.gather(*(self._read_one(one) for one in completed)))

    async def _read_one(self, completed: TraceCompleted) -> TraceTree:
        path, query = f"/api/v1/traces/{completed.trace_id}", {"project": completed.project}
        async with self._turns:
            answer = await fetch(self._client, path, query)
        if answer is None:  # stored before it was told complete: a replica may be behind
            raise TransientError(f"trace {completed.trace_id} is not there")
        return TraceTree.model_validate_json(answer.content)
