"""Running datasets on a real embedded log, which can be killed and started again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import httpx

from libs.contracts.api import ExampleCounts, ExampleView, Page
from libs.contracts.base import Event
from libs.contracts.topics import BY_MODEL, TOPICS
from libs.eventlog import Record
from libs.eventlog.embedded import EmbeddedLog
from libs.runtime import App, Deps, SystemClock
from libs.runtime.envelope import to_message
from libs.runtime.settings import RuntimeSettings
from libs.testkit.databases import database_of
from services.datasets.main import build
from tests.services.datasets.world import (
    AGENT,
    START,
    World,
    feedback,
    request,
)

WAIT_SECONDS = 30.0


class Bench:
    """Datasets of one home directory; `kill` leaves what a kill -9 would leave."""

    def __init__(self, home: Path, world: World, **runtime: Any) -> None:
        self.home = home
        self.world = world
        self.runtime = runtime
        self._known: set[int] = set()
        self.app: App
        self.http: httpx.AsyncClient
        self._log: EmbeddedLog

    async def start(self) -> None:
        self._log = EmbeddedLog(self.home / "events.db")
        await self._log.start()
        await self._log.create_topics(TOPICS)
        options = {
            "home": self.home,
            "database_url": await database_of(self.home),
            "retry_seconds_max": 0.1,
            "retry_attempts_max": 3,
        } | self.runtime
        settings = RuntimeSettings(**options)
        self.app = build(Deps(settings, self._log, self.world.clients(), SystemClock()))
        await self.app.start()
        transport = httpx.ASGITransport(app=self.app.api)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://x")

    async def stop(self) -> None:
        await self.app.stop()
        await self._log.stop()

    async def kill(self) -> None:
        """No hook runs, nothing in flight ends; only what was committed is there afterwards."""
        for task in self.app._tasks:
            task.cancel()
        await asyncio.gather(*self.app._tasks, return_exceptions=True)
        await self._log.stop()

    async def publish(self, *events: Event) -> None:
        """As their producers do."""
        messages = [to_message(one, BY_MODEL[type(one)].producer, START) for one in events]
        await self._log.publish(messages)

    async def learn(
        self, numbers: Sequence[int], trace_offset: int = 1, order_seed: int | None = None
    ) -> None:
        """The agent ran on these requests and the reviewer judged each of them."""
        order = list(numbers)
        if order_seed is not None:
            Random(order_seed).shuffle(order)
        events = []
        for number in order:
            trace_id = f"{number + trace_offset:032x}"
            self.world.run_agent(request(number), trace_id)
            events.append(feedback(request(number), trace_id))
        await self.publish(*events)
        self._known |= set(order)
        await self.handled("feedback-recorded-v1")
        await self.until(self._all_learnt)

    async def _all_learnt(self) -> bool:
        counts = await self.counts()
        return counts.pending == 0 and counts.n == len(self._known)

    async def learnt(self, count: int) -> None:
        """Wait until there are so many examples, and nothing waits."""

        async def done() -> bool:
            counts = await self.counts()
            return counts.pending == 0 and counts.n == count

        await self.until(done)

    async def examples(self, **query: Any) -> list[ExampleView]:
        """One page."""
        found = await self.get("examples", agent=AGENT, limit=1000, **query)
        return list(Page[ExampleView].model_validate(found).items)

    async def handled(self, topic: str) -> None:
        async def done() -> bool:
            return await self._log.lag("datasets", topic) == 0

        await self.until(done)

    async def counts(self, **query: Any) -> ExampleCounts:
        return ExampleCounts.model_validate(await self.get("examples/counts", agent=AGENT, **query))

    async def get(self, path: str, expect: int = 200, key: str = "", **query: Any) -> Any:
        headers = {"x-api-key": key} if key else {}
        answer = await self.http.get(f"/api/v1/{path}", params=query, headers=headers)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def until(self, check: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while not await check():
                await asyncio.sleep(0.02)

    async def published(self, model: type[Event], count: int) -> list[Event]:
        """The events of a topic, once there are `count`; a little longer, lest there be more."""
        seen: list[Record] = []

        async def take(records: Sequence[Record]) -> None:
            seen.extend(records)

        async def enough() -> bool:
            return len(seen) >= count

        topic = BY_MODEL[model]
        subscription = await self._log.subscribe(topic.name, uuid4().hex, take, batch_max=100)
        await self.until(enough)
        await asyncio.sleep(0.1)
        await subscription.stop()
        return [model.model_validate_json(record.value) for record in seen]


@asynccontextmanager
async def open_bench(home: Path, world: World, **runtime: Any) -> AsyncIterator[Bench]:
    bench = Bench(home, world, **runtime)
    await bench.start()
    try:
        yield bench
    finally:
        await bench.stop()
