"""The registry as a real server on loopback, over a real embedded log and database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from libs.contracts.base import Event
from libs.contracts.topics import BY_MODEL
from libs.runtime import App, Deps
from libs.runtime.envelope import to_message
from libs.runtime.serve import Server
from libs.testkit.apps import embedded_deps
from libs.testkit.eventlog_suite import Collector, eventually
from libs.testkit.review_gate import NOW, FakeReviewGate, agent_files
from services.runtime_config.main import build


@dataclass
class Registry:
    """A running registry and its neighbours."""

    app: App
    deps: Deps
    gate: FakeReviewGate
    url: str
    http: httpx.AsyncClient
    server: Server

    async def publish(self, *events: Event) -> None:
        """As the service that produces it would."""
        messages = [to_message(event, "test", NOW) for event in events]
        await self.deps.log.publish(messages)

    async def settled(self) -> None:
        """Every event published so far was handled."""
        for model in (BY_MODEL[m].name for m in BY_MODEL):
            if "runtime_config" in _consumers(model):

                async def caught_up(topic: str = model) -> bool:
                    return await self.deps.log.lag("runtime_config", topic) == 0

                await eventually(caught_up)

    async def get(self, path: str, **params: Any) -> Any:
        response = await self.http.get(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    async def pointer(self, channel: str = "production") -> Any:
        return await self.get(f"/api/v1/agents/buyer/channels/{channel}")

    async def release(self, name: str, threshold: float, **more: Any) -> str:
        """Approve and wait; returns the digest."""
        event = self.gate.approve(name, agent_files(threshold), **more)
        await self.publish(event)
        await self.settled()
        return str(event.bundle_digest)

    async def published(self, model: type[Event], count: int) -> list[Any]:
        """The first `count` events of a kind, in order of their key."""
        seen, topic = Collector(), BY_MODEL[model]
        subscription = await self.deps.log.subscribe(topic.name, "test", seen, batch_max=50)
        await seen.until(count)
        await subscription.stop()
        return [model.model_validate_json(record.value) for record in seen.records]


def _consumers(topic: str) -> tuple[str, ...]:
    return next(t.consumers for t in BY_MODEL.values() if t.name == topic)


StartRegistry = Callable[..., Awaitable[Registry]]


@pytest.fixture
async def start_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[StartRegistry]:
    gate = FakeReviewGate()
    async with AsyncExitStack() as stack:

        async def start(
            database_url: str = "",
            keys_file: Path | None = None,
            redis_url: str = "",
            **settings: Any,
        ) -> Registry:
            for name, value in settings.items():
                monkeypatch.setenv(f"PAWL_RUNTIME_CONFIG_{name.upper()}", str(value))
            client = await stack.enter_async_context(gate.client())
            # None given: the database that this run asks for.
            asked = {"database_url": database_url} if database_url else {}
            opened = embedded_deps(
                tmp_path,
                {"review_gate": client},
                keys_file=keys_file,
                redis_url=redis_url,
                **asked,
            )
            deps = await stack.enter_async_context(opened)
            app = build(deps)
            server = Server(app, "127.0.0.1", 0)
            await server.start()
            await app.start()
            stack.push_async_callback(server.stop)
            stack.push_async_callback(app.stop)
            url = f"http://127.0.0.1:{server.port}"
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=url))
            return Registry(app, deps, gate, url, http, server)

        yield start


@pytest.fixture
async def registry(start_registry: StartRegistry) -> Registry:
    """With one agent imported: generation 1, threshold 1."""
    started = await start_registry()
    await started.publish(started.gate.import_files(agent_files(1)))
    await started.settled()
    return started
