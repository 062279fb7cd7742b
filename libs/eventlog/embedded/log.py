"""The embedded event log: the port, on one SQLite file."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

import structlog

from libs.contracts.topics import Topic
from libs.eventlog.embedded.group import Group, Member
from libs.eventlog.embedded.pace import Pace
from libs.eventlog.embedded.store import Store
from libs.eventlog.embedded.writer import Writer
from libs.eventlog.port import Deliver, Message, Record

P = ParamSpec("P")
T = TypeVar("T")
LOGGER = structlog.get_logger(service="eventlog")
WAITING_BYTES_MAX = 256 * 1024 * 1024
PRUNE_SECONDS = 300.0
HOUR_MS = 3_600_000
DEAD_LETTER_PARTITIONS = 1


class EmbeddedLog:
    """Durable: `publish` returns after a sync. One process at a time owns the file."""

    def __init__(self, path: Path, waiting_bytes_max: int = WAITING_BYTES_MAX) -> None:
        self._path = path
        self.pace = Pace()
        self._waiting_bytes_max = waiting_bytes_max
        self._groups: dict[tuple[str, str], Group] = {}
        self._turns: dict[str, asyncio.Event] = {}
        self._members: list[Member] = []
        self._prune_task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = Writer(Store(self._path), self._waiting_bytes_max)
        self._reader = Store(self._path)
        # One thread: the reading connection is used from one place at a time.
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="eventlog-reader")
        self._prune_task = asyncio.create_task(self._prune_for_ever())

    async def stop(self) -> None:
        await asyncio.gather(*(member.end() for member in self._members))
        if self._prune_task:
            self._prune_task.cancel()
            with suppress(asyncio.CancelledError):
                await self._prune_task
        await self._writer.close()
        self._reading.shutdown()
        self._reader.close()

    async def create_topics(self, topics: Sequence[Topic]) -> None:
        for topic in topics:
            retention = topic.retention_hours
            retention_ms = None if retention is None else retention * HOUR_MS
            await self._create(topic.name, topic.partitions, retention_ms, topic.compacted)
            await self._create(topic.dead_letter_name, DEAD_LETTER_PARTITIONS, None, False)
            if topic.urgent:
                self.pace.declare_urgent(topic.name)

    async def _create(
        self, name: str, partitions: int, retention_ms: int | None, compacted: bool
    ) -> None:
        await self._writer.call(
            lambda store: store.create_topic(name, partitions, retention_ms, compacted)
        )
        self._writer.partitions.setdefault(name, partitions)

    async def publish(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if message.topic not in self._writer.partitions:
                raise ValueError(f"topic {message.topic} is not declared in libs/contracts")
        if messages:
            await self._writer.append(messages)
        for topic in {message.topic for message in messages}:
            self.wake(topic)

    async def subscribe(
        self,
        topic: str,
        group: str,
        deliver: Deliver,
        *,
        batch_max: int = 1,
        batch_wait_seconds: float = 0.05,
    ) -> Member:
        if topic not in self._writer.partitions:
            raise ValueError(f"topic {topic} is not declared in libs/contracts")
        entry = self._groups.setdefault((group, topic), Group(self, group, topic))
        member = await entry.join(deliver, batch_max, batch_wait_seconds)
        self._members.append(member)
        return member

    async def lag(self, group: str, topic: str) -> int:
        return await self._read(self._reader.lag, group, topic)

    async def problem(self) -> str | None:
        """What the last write to the file met."""
        failure = self._writer.failure()
        return f"the event log cannot be written: {failure!r}" if failure else None

    # What groups and members use.

    def turn(self, topic: str) -> asyncio.Event:
        """An event that is set at the next publish to the topic."""
        return self._turns.setdefault(topic, asyncio.Event())

    def wake(self, topic: str) -> None:
        if event := self._turns.pop(topic, None):
            event.set()

    def partition_count(self, topic: str) -> int:
        return self._writer.partitions[topic]

    async def committed(self, group: str, topic: str) -> dict[int, int]:
        return await self._read(self._reader.committed, group, topic)

    async def commit(self, group: str, topic: str, offsets: dict[int, int]) -> None:
        await self._writer.call(lambda store: store.commit(group, topic, offsets))

    async def read(
        self, topic: str, wanted: Sequence[tuple[int, int]], count_max: int
    ) -> list[Record]:
        """Up to `count_max` records from the given (partition, offset) places."""
        return await self._read(self._read_places, topic, wanted, count_max)

    def _read_places(
        self, topic: str, wanted: Sequence[tuple[int, int]], count_max: int
    ) -> list[Record]:
        records: list[Record] = []
        for partition, offset in wanted:
            if len(records) >= count_max:
                break
            records += self._reader.read(topic, partition, offset, count_max - len(records))
        return records

    async def _read(self, function: Callable[P, T], *arguments: P.args, **_: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._reading, function, *arguments)

    async def _prune_for_ever(self) -> None:
        while True:
            await asyncio.sleep(PRUNE_SECONDS)
            now_ms = time.time_ns() // 1_000_000
            try:
                # In turns with those who publish.
                while await self._writer.call(partial(Store.prune, now_ms=now_ms)):
                    pass
            except Exception as error:
                LOGGER.error("not pruned", exc_info=error)
