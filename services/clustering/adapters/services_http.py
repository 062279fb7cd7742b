"""Examples of the mine split from experiments, traces, and the task of the agent's config."""

import re

import httpx
from pawl_sdk.bundle import Bundle, BundleError, Task
from pawl_sdk.bundle.model import NAME

from libs.contracts.api import ChannelPointer, ExampleView, Page, TraceTree
from libs.runtime import TransientError
from libs.runtime.http import fetch

PAGE = 500
CHANNEL = "production"


def may_have_config(agent: str) -> bool:
    """Spans may call an agent anything; only some names can stand in the config repo."""
    return re.fullmatch(NAME, agent) is not None


class Examples:
    """`GET /api/v1/examples` lists the mine split only."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def mine(self, agent: str) -> list[ExampleView]:
        """Every mined example of an agent."""
        found: list[ExampleView] = []
        if not may_have_config(agent):
            return found
        cursor: str | None = None
        while True:
            query = {"agent": agent, "split": "mine", "limit": PAGE}
            answer = await fetch(
                self._client, "/api/v1/examples", query | ({"cursor": cursor} if cursor else {})
            )
            if answer is None:
                return found
            page = Page[ExampleView].model_validate_json(answer.content)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found


class Traces:
    """`GET /api/v1/traces/{trace_id}`."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def tree(self, project: str, trace_id: str) -> TraceTree | None:
        """The trace, or None while it is not stored."""
        path = f"/api/v1/traces/{trace_id}"
        answer = await fetch(self._client, path, {"project": project})
        return TraceTree.model_validate_json(answer.content) if answer else None


class Tasks:
    """What an agent's served config says about labels and groups."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._known: dict[str, Task | None] = {}

    async def of(self, agent: str) -> Task | None:
        """The task, or None while the agent has no config with one."""
        if not may_have_config(agent):
            return None
        path = f"/api/v1/agents/{agent}/channels/{CHANNEL}"
        answer = await fetch(self._client, path, {})
        if answer is None:
            return None
        digest = ChannelPointer.model_validate_json(answer.content).digest
        if digest not in self._known:
            self._known[digest] = await self._read(digest)
        return self._known[digest]

    async def _read(self, digest: str) -> Task | None:
        answer = await fetch(self._client, f"/api/v1/bundles/{digest}", {})
        if answer is None:
            raise TransientError(f"no bundle {digest} yet")
        try:
            return Bundle.from_bytes(answer.content).spec.task
        except BundleError as error:
            raise TransientError(f"bundle {digest} cannot be read: {error}") from error
