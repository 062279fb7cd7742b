"""A service stops, whatever its timers wait for."""

import asyncio
from pathlib import Path

import httpx

from libs.runtime import App
from libs.testkit.apps import embedded_deps


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
