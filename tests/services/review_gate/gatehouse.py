"""The review gate as a running service: real log, real SQLite, real git or the fake GitHub."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from libs.contracts.base import Event
from libs.contracts.events import ExperimentFinished, ProposalDecided, ProposalDrafted
from libs.contracts.topics import BY_MODEL, PROPOSAL_DECIDED
from libs.eventlog import Record
from libs.runtime import App, Deps
from libs.runtime.envelope import to_message
from libs.testkit.apps import embedded_deps
from libs.testkit.proposals import AT, FILES
from services.review_gate.main import build

AGENT = "procurement"


@dataclass
class MovableClock:
    """Starts just after the example's verdict."""

    at: datetime = AT + timedelta(hours=1)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()


class Traces:
    """The traces service: answers with the texts that a test gave it."""

    def __init__(self) -> None:
        self.spans: dict[str, list[str]] = {}
        self.status = 200
        self.projects: tuple[str, ...] = ("p",)
        """Where every trace is; asked without one of several, the service does not choose."""

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.MockTransport(self._answer), base_url="http://traces"
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        trace_id = request.url.path.rpartition("/")[2]
        if self.status != 200 or trace_id not in self.spans:
            return httpx.Response(404 if self.status == 200 else self.status, json={})
        asked = request.url.params.get("project")
        if len(self.projects) > 1 and asked not in self.projects:
            body = {"title": "Conflict", "status": 409, "detail": "which project?"}
            return httpx.Response(409, json=body | {"projects": self.projects})
        texts = self.spans[trace_id] if asked in (None, self.projects[-1]) else ["something else"]
        at = AT.isoformat()
        common = {"project": "p", "trace_id": trace_id, "status": "OK", "started_at": at}
        spans = [
            {
                **common,
                "span_id": f"{number:016x}",
                "parent_span_id": None,
                "name": "agent",
                "kind": "AGENT",
                "ended_at": at,
                "duration_ms": 1.0,
                "input": text,
            }
            for number, text in enumerate(texts, 1)
        ]
        summary = {
            **common,
            "session_id": None,
            "user_id": None,
            "agent": AGENT,
            "root_name": "agent",
            "duration_ms": 1.0,
            "span_count": 1,
            "error_count": 0,
            "tokens_total": 0,
            "cost_usd": 0.0,
            "config_digest": None,
            "complete": True,
        }
        return httpx.Response(200, json={"summary": summary, "spans": spans})


@dataclass
class Gatehouse:
    """One running gate, its API, and what it has told the world."""

    app: App
    deps: Deps
    api: httpx.AsyncClient
    traces: Traces
    clock: MovableClock
    decided: list[ProposalDecided] = field(default_factory=list)

    async def send(self, event: Event) -> None:
        """As the producer of the event would."""
        producer = BY_MODEL[type(event)].producer
        await self.deps.log.publish([to_message(event, producer, self.clock.now())])

    async def import_config(self, files: Mapping[str, str] = FILES, **fields: Any) -> Any:
        body = {"files": dict(files), "author": "ada", "message": "first", **fields}
        return await self.api.put(f"/api/v1/config-repo/{AGENT}", json=body)

    async def main_commit(self) -> str:
        return str((await self.api.get(f"/api/v1/config-repo/{AGENT}")).json()["commit"])

    async def view(self, proposal_id: str) -> dict[str, Any]:
        response = await self.api.get(f"/api/v1/proposals/{proposal_id}")
        return dict(response.json())

    async def in_state(self, proposal_id: str, *states: str) -> dict[str, Any]:
        """The proposal once it is in one of the states."""

        async def found() -> dict[str, Any] | None:
            view = await self.view(proposal_id)
            return view if view.get("state") in states else None

        return await self.until(found)

    async def opened(self, draft: ProposalDrafted, verdict: ExperimentFinished) -> dict[str, Any]:
        await self.send(draft)
        await self.send(verdict)
        return await self.in_state(draft.proposal_id, "open")

    async def turned_away(
        self, draft: ProposalDrafted, verdict: ExperimentFinished
    ) -> tuple[str, str]:
        """State and reason of a proposal that was accepted and yet not shown."""
        await self.send(draft)
        await self.send(verdict)
        decided = (await self.said(2))[1]
        view = await self.view(decided.proposal_id)
        assert view["branch"] is None
        assert decided.decided_by == "pawl-bot"
        return view["state"], decided.reason

    async def decide(self, view: Mapping[str, Any], decision: str, **fields: Any) -> httpx.Response:
        id_ = view["proposal"]["proposal_id"]
        body = {
            "decision": decision,
            "reviewer": "ada",
            "head_commit": view["head_commit"],
            "reason": "looks right",
            **fields,
        }
        return await self.api.post(f"/api/v1/proposals/{id_}/decision", json=body)

    async def said(self, count: int) -> list[ProposalDecided]:
        """The decisions published, once there are so many."""

        async def enough() -> list[ProposalDecided] | None:
            return self.decided if len(self.decided) >= count else None

        return await self.until(enough)

    async def until(self, check: Callable[[], Awaitable[Any]]) -> Any:
        async with asyncio.timeout(20):
            while not (found := await check()):
                await asyncio.sleep(0.02)
        return found

    async def settle_down(self) -> None:
        """Every event published so far is handled."""

        async def idle() -> bool:
            topics = ("proposal-drafted-v1", "experiment-finished-v2")
            lags = [await self.deps.log.lag("review_gate", topic) for topic in topics]
            return not any(lags)

        await self.until(idle)


@asynccontextmanager
async def gatehouse(
    home: Path,
    clock: MovableClock | None = None,
    listener: str = "listener",
    **settings: object,
) -> AsyncIterator[Gatehouse]:
    """Start a gate in `home`; the same home again continues where it was."""
    traces, clock = Traces(), clock or MovableClock()
    async with embedded_deps(home, {"traces": traces.client()}, clock, **settings) as deps:
        app = build(deps)
        transport = httpx.ASGITransport(app.api, raise_app_exceptions=False)
        api = httpx.AsyncClient(transport=transport, base_url="http://gate")
        made = Gatehouse(app, deps, api, traces, clock)
        await app.start()

        async def hear(records: Any) -> None:
            made.decided += [_parsed(record) for record in records]

        listening = await deps.log.subscribe(PROPOSAL_DECIDED.name, listener, hear)
        try:
            yield made
        finally:
            await listening.stop()
            await app.stop()
            await api.aclose()


def _parsed(record: Record) -> ProposalDecided:
    return ProposalDecided.model_validate_json(record.value)
