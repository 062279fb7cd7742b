"""A service stops in time, whatever it waits for, and in an order in which no request fails."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from fastapi.responses import StreamingResponse

from deploy.local.process import free_port
from libs.contracts.events import TraceCompleted
from libs.runtime import App, Deps, UnavailableError
from libs.runtime.serve import _serve
from libs.runtime.settings import RuntimeSettings
from libs.testkit.apps import embedded_deps
from libs.testkit.eventlog_suite import eventually
from pawl.embedded import Platform, Ports
from tests.runtime.consuming import completed, publish


async def test_a_timer_that_waits_for_another_service_of_the_process_ends_at_once(
    tmp_path: Path,
) -> None:
    called = asyncio.Event()
    async with embedded_deps(tmp_path) as deps:
        slow, app = App("traces", deps), App("clustering", deps)

        @slow.api.get("/slow")
        async def answer() -> None:
            called.set()
            await asyncio.sleep(60)

        transport = httpx.ASGITransport(slow.api)
        client = httpx.AsyncClient(transport=transport, base_url="http://traces")

        async def ask() -> None:
            await client.get("/slow")

        app.every(0.01, ask)
        await app.start()
        await called.wait()
        stopping = asyncio.create_task(app.stop())
        done, _ = await asyncio.wait((stopping,), timeout=5)
        assert done == {stopping}


async def test_what_hangs_at_the_end_keeps_nothing_else_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []

    async def end(name: str) -> None:
        ended.append(name)

    async def hang() -> None:
        await asyncio.sleep(60)

    async def fail() -> None:
        raise OSError("already gone")

    async def hold_on() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(60)

    monkeypatch.setattr("libs.runtime.app.STOP_SECONDS_MAX", 0.1)
    async with embedded_deps(tmp_path) as deps:
        app = App("evaluators", deps)
        app.on_stop(partial(end, "first opened"))
        app.on_stop(hang)
        app.on_stop(fail)
        app.on_stop(partial(end, "last opened"))
        app.every(0.01, hold_on)
        await app.start()
        await asyncio.sleep(0.1)
        async with asyncio.timeout(5):
            await app.stop()
    assert ended == ["last opened", "first opened"]


async def test_streams_end_before_messages_do(tmp_path: Path) -> None:
    done: list[str] = []
    began = asyncio.Event()

    async def end_streams() -> None:
        done.append("streams")

    async def handler(event: TraceCompleted) -> None:
        began.set()
        while not app.health.stopping:
            await asyncio.sleep(0.01)
        done.append("message")

    async with embedded_deps(tmp_path) as deps:
        app = App("evaluators", deps)
        app.subscribe(TraceCompleted, handler)
        app.on_drain(end_streams)
        await app.start()
        await publish(deps, completed(1))
        await began.wait()
        await app.drain()
        await app.stop()
    assert done == ["streams", "message"]


class Shop:
    """A service whose requests work with something that is closed at the end."""

    def __init__(self) -> None:
        self.open = True
        self.asked = asyncio.Event()

    def build(self, deps: Deps) -> App:
        self.app = App("evaluators", deps)
        self.app.on_stop(self.close)

        @self.app.api.get("/buy")
        async def buy() -> str:
            self.asked.set()
            await asyncio.sleep(0.5)
            if not self.open:
                raise UnavailableError("closed")
            return "sold"

        return self.app

    async def close(self) -> None:
        self.open = False


async def test_requests_are_answered_before_what_they_work_with_is_closed(
    tmp_path: Path,
) -> None:
    shop = Shop()
    settings = RuntimeSettings(home=tmp_path, port=free_port())
    serving = asyncio.create_task(_serve(shop.build, settings))
    url = f"http://127.0.0.1:{settings.port}"
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:

        async def ready() -> bool:
            try:
                return (await client.get("/readyz")).is_success
            except httpx.TransportError:
                return False

        await eventually(ready)
        buying = asyncio.create_task(client.get("/buy"))
        await shop.asked.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        answer = await buying
    await serving
    assert (answer.status_code, answer.json()) == (200, "sold")
    assert not shop.open


async def test_an_embedded_platform_ends_its_streams_before_its_servers_wait_for_them(
    tmp_path: Path,
) -> None:
    ended = asyncio.Event()

    async def end_streams() -> None:
        ended.set()

    async def events() -> AsyncIterator[bytes]:
        yield b"begins"
        await ended.wait()
        yield b"ends"

    async with Platform(tmp_path, Ports(0, 0, 0)) as platform:
        door = platform.apps["ingest"]
        door.on_drain(end_streams)
        door.api.add_api_route("/endless", lambda: StreamingResponse(events()))
        url = platform.endpoints["otlp_http"] + "/endless"
        client = httpx.AsyncClient(trust_env=False)
        listening = asyncio.create_task(client.get(url))
        await asyncio.sleep(0.5)
    assert (await listening).content == b"beginsends"
    await client.aclose()
