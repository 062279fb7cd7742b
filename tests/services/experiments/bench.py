"""A running acceptor on a real embedded log, which can be killed and started again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import select

from libs.contracts.api import ExperimentView, LedgerView
from libs.contracts.base import Event
from libs.contracts.events import AgentStatusReported, ExperimentFinished
from libs.contracts.topics import BY_MODEL, TOPICS
from libs.eventlog import Record
from libs.eventlog.embedded import EmbeddedLog
from libs.runtime import App, Deps, SystemClock
from libs.runtime.envelope import to_message
from libs.runtime.settings import RuntimeSettings
from libs.storage.engine import create_engine
from libs.testkit.databases import database_of
from services.experiments.main import build
from services.experiments.tables import TESTS
from tests.services.experiments.world import (
    AGENT,
    REPLAY_URL,
    START,
    World,
    proposal,
    recorded,
    request,
)

WAIT_SECONDS = 30.0


class Bench:
    """The acceptor of one home directory; `kill` leaves what a kill -9 would leave."""

    def __init__(self, home: Path, world: World, **runtime: Any) -> None:
        self.home = home
        self.world = world
        self.runtime = runtime
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

    async def learn(self, numbers: Sequence[int], **changes: Any) -> None:
        """The agent ran on these requests and the reviewer judged each of them.

        `changes` are fields of all these reviews.
        """
        views = [self.world.review(request(number), **changes) for number in numbers]
        await self.publish(*(recorded(view) for view in views))
        await self.handled("example-recorded-v1")

    async def announce(self, url: str = REPLAY_URL, instance: str = "one") -> None:
        """An instance of the agent says where it can be replayed."""
        digest = self.world.served.digest
        event = AgentStatusReported(
            agent=AGENT, channel="production", instance_id=instance, desired_digest=digest,
            desired_generation=1, applied_digest=digest, applied_generation=1, state="applied",
            replay_url=url, sdk_version="0.1.0", reported_at=START + timedelta(seconds=1),
        )  # fmt: skip
        await self.publish(event)
        await self.handled("agent-status-reported-v1")

    async def handled(self, topic: str) -> None:
        async def done() -> bool:
            return await self._log.lag("experiments", topic) == 0

        await self.until(done)

    async def verdict(self, proposal_id: str, run: str = "run-1") -> ExperimentFinished:
        """Wait for the experiment's end."""
        found: list[ExperimentFinished] = []

        async def finished() -> bool:
            found.extend(
                view.result
                for view in await self.experiments(run)
                if view.proposal_id == proposal_id and view.result is not None
            )
            return bool(found)

        await self.until(finished)
        return found[0]

    async def experiments(self, run: str = "run-1") -> list[ExperimentView]:
        answer = await self.get("experiments", agent=AGENT, mining_run_id=run)
        return [ExperimentView.model_validate(item) for item in answer["items"]]

    async def ledger(self) -> LedgerView:
        return LedgerView.model_validate(await self.get("ledger", agent=AGENT))

    async def get(self, path: str, expect: int = 200, key: str = "", **query: Any) -> Any:
        headers = {"x-api-key": key} if key else {}
        answer = await self.http.get(f"/api/v1/{path}", params=query, headers=headers)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def until(self, check: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while not await check():
                await asyncio.sleep(0.03)

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


async def gathering(
    bench: Bench, edits: Sequence[dict[str, Any]], run: str = "run-1", **changes: Any
) -> ExperimentView:
    """A draft of somebody who has no procedure, once it is frozen."""
    drafted = proposal(bench.world, edits, run, **({"author": "claude"} | changes))
    await bench.publish(drafted)
    found: list[ExperimentView] = []

    async def frozen() -> bool:
        found.extend(await bench.experiments(run))
        assert not found or found[-1].result is None, found[-1].result
        return bool(found) and found[-1].state == "gathering"

    await bench.until(frozen)
    return found[-1]


async def seen(bench: Bench, position: int, run: str = "run-1") -> ExperimentView:
    """The experiment that gathers, once it was judged by every review up to this one."""
    engine = create_engine(bench.app.deps.settings, "experiments")
    query = select(TESTS.c.through_position).where(TESTS.c.kind == "exact")

    async def judged() -> bool:
        async with engine.connect() as connection:
            return position in list((await connection.execute(query)).scalars())

    await bench.until(judged)
    await engine.dispose()
    return (await bench.experiments(run))[-1]
