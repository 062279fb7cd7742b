"""The platform as anybody may call it: HTTP only."""

from typing import Any, TypeVar

import httpx
from pydantic import BaseModel

from examples.procurement.demo.errors import DemoError
from libs.clients import DatasetsClient, ExperimentsClient, ReviewGateClient, TracesClient
from libs.contracts.api import (
    ChannelPointer,
    ConfigFiles,
    DecisionPosted,
    FeedbackPosted,
    InstanceView,
    MiningRunStarted,
    MiningRunView,
    Page,
    PromotePosted,
    ProposalView,
    TraceSummary,
)

M = TypeVar("M", bound=BaseModel)

FEEDBACK_MAX = 500
PAGE = 200


class PlatformApi:
    """Typed calls for one agent; an answer that is no success is a `DemoError` with its text."""

    def __init__(self, client: httpx.AsyncClient, agent: str) -> None:
        self._client = client
        self._agent = agent
        self.datasets = DatasetsClient(client)
        self.experiments = ExperimentsClient(client)
        self.gate = ReviewGateClient(client)
        self.trees = TracesClient(client)

    async def config_files(self) -> ConfigFiles | None:
        """None when the agent is not there yet."""
        return await self._find(ConfigFiles, f"/api/v1/config-repo/{self._agent}")

    async def import_config(self, files: dict[str, str], author: str, message: str) -> None:
        body = {"files": files, "author": author, "message": message}
        await self._send("PUT", f"/api/v1/config-repo/{self._agent}", json=body)

    async def channel(self) -> ChannelPointer | None:
        return await self._find(ChannelPointer, f"/api/v1/agents/{self._agent}/channels/production")

    async def promote(self, pointer: ChannelPointer, by: str, reason: str) -> None:
        """The canary gets all of the traffic, unless the channel has moved meanwhile."""
        path = f"/api/v1/agents/{self._agent}/channels/production/promote"
        headers = {"If-Match": str(pointer.generation)}
        body = PromotePosted(moved_by=by, reason=reason).model_dump(mode="json")
        response = await self._client.post(path, json=body, headers=headers)
        if response.status_code != httpx.codes.PRECONDITION_FAILED:
            _check(response)

    async def bundle(self, digest: str) -> bytes:
        return (await self._send("GET", f"/api/v1/bundles/{digest}")).content

    async def instances(self) -> list[InstanceView]:
        response = await self._send("GET", f"/api/v1/agents/{self._agent}/instances")
        found = response.json()
        items = found["items"] if isinstance(found, dict) else found
        return [InstanceView.model_validate(item) for item in items]

    async def traces(self, config_digest: str) -> list[TraceSummary]:
        """Every trace of the agent under a config."""
        query = {"agent": self._agent, "config_digest": config_digest, "limit": str(PAGE)}
        return await self._pages(TraceSummary, "/api/v1/traces", query)

    async def post_feedback(self, feedback: list[FeedbackPosted]) -> None:
        for start in range(0, len(feedback), FEEDBACK_MAX):
            part = feedback[start : start + FEEDBACK_MAX]
            body = [one.model_dump(mode="json") for one in part]
            await self._send("POST", "/api/v1/feedback", json=body)

    async def start_mining(self, mining_run_id: str) -> None:
        body = MiningRunStarted(agent=self._agent, mining_run_id=mining_run_id)
        await self._send("POST", "/api/v1/mining-runs", json=body.model_dump(mode="json"))

    async def mining_run(self, mining_run_id: str) -> MiningRunView | None:
        return await self._find(MiningRunView, f"/api/v1/mining-runs/{mining_run_id}")

    async def proposals(self, run: MiningRunView) -> list[ProposalView]:
        query = {"agent": self._agent, "mining_run_id": run.mining_run_id, "limit": str(PAGE)}
        return await self._pages(ProposalView, "/api/v1/proposals", query)

    async def decide(self, proposal_id: str, decision: DecisionPosted) -> None:
        body = decision.model_dump(mode="json")
        await self._send("POST", f"/api/v1/proposals/{proposal_id}/decision", json=body)

    async def put_report(self, run: str, report: dict[str, Any]) -> None:
        """For the console: figures that no service has, such as the fresh count."""
        await self._send("PUT", f"/loop-reports/{run}", json=report | {"agent": self._agent})

    async def _pages(self, kind: type[M], path: str, query: dict[str, str]) -> list[M]:
        items: list[M] = []
        cursor: str | None = None
        while True:
            params = {**query, "cursor": cursor} if cursor else query
            response = await self._send("GET", path, params=params)
            page = Page[kind].model_validate_json(response.content)  # type: ignore[valid-type]
            items += page.items
            cursor = page.next_cursor
            if cursor is None:
                return items

    async def _find(self, kind: type[M], path: str) -> M | None:
        response = await self._client.get(path)
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        _check(response)
        return kind.model_validate_json(response.content)

    async def _send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        response = await self._client.request(method, path, **arguments)
        _check(response)
        return response


def _check(response: httpx.Response) -> None:
    if not response.is_success:
        asked = f"{response.request.method} {response.request.url.path}"
        raise DemoError(f"{asked} answered {response.status_code}: {response.text[:500]}")
