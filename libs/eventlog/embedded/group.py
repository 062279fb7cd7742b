"""Consumer groups within the process: who reads which partition, and one member's loop."""

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from libs.eventlog.port import CutShort, Deliver, Record, committable

if TYPE_CHECKING:
    from libs.eventlog.embedded.log import EmbeddedLog

REDELIVER_SECONDS = 0.5
END_SECONDS_MAX = 2.0
"""Whoever subscribed had time to stop before the log does."""
LOGGER = structlog.get_logger(service="eventlog")


class Member:
    """One subscription: reads its partitions, delivers, commits."""

    def __init__(
        self,
        log: "EmbeddedLog",
        group: "Group",
        deliver: Deliver,
        batch_max: int,
        batch_wait_seconds: float,
    ) -> None:
        self._log = log
        self._group = group
        self._deliver = deliver
        self._batch_max = batch_max
        self._batch_wait_seconds = batch_wait_seconds
        self._stopping = asyncio.Event()
        self.assigned: frozenset[int] = frozenset()
        self.idle = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._stopping.is_set():
            await asyncio.shield(self._task)
            return
        self._stopping.set()
        self._log.wake(self._group.topic)
        await asyncio.shield(self._task)
        await self._group.leave(self)

    async def end(self) -> None:
        """As `stop`, but a handler that does not come back is given up: nothing is committed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS_MAX):
                await self.stop()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def lag(self) -> int:
        return await self._log.lag(self._group.name, self._group.topic)

    async def _run(self) -> None:
        while not self._stopping.is_set():
            turn = self._log.turn(self._group.topic)
            while not self._group.rebalanced.is_set():
                await self._group.rebalanced.wait()
            self.idle.clear()
            began = time.monotonic()
            records: list[Record] = []
            try:
                records = await self._group.fetch(self.assigned, self._batch_max)
                if records:
                    with self._log.pace.working(self._group.topic):
                        await self._handle(records)
            except Exception as error:  # the file cannot be read or written now: a full disk
                LOGGER.error("the event log fails", topic=self._group.topic, exc_info=error)
                await self._pause()
            finally:
                self.idle.set()
            if records:
                worked_seconds = time.monotonic() - began
                await self._log.pace.rest(self._group.topic, worked_seconds, self._stopping)
            else:
                await self._wait(turn)

    async def _wait(self, turn: asyncio.Event) -> None:
        """Until something is published; then a little more, so that a batch can fill."""
        with suppress(TimeoutError):
            await asyncio.wait_for(turn.wait(), timeout=1.0)
            if self._batch_max > 1 and not self._stopping.is_set():
                await asyncio.sleep(self._batch_wait_seconds)

    async def _handle(self, records: list[Record]) -> None:
        try:
            await self._deliver(records)
        except CutShort as error:  # whoever raised it has said more
            LOGGER.warning("not committed", topic=self._group.topic, why=str(error))
            await self._group.commit(committable(records, error))
            await self._pause()
        except Exception as error:
            LOGGER.error("not committed", topic=self._group.topic, exc_info=error)
            await self._pause()
        else:
            await self._group.commit(records)

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), timeout=REDELIVER_SECONDS)


class Group:
    """The members of one group on one topic; partitions are dealt out anew as they come and go."""

    def __init__(self, log: "EmbeddedLog", name: str, topic: str) -> None:
        self._log = log
        self.name = name
        self.topic = topic
        self._members: list[Member] = []
        self._positions: dict[int, int] | None = None
        self._start_at = 0
        self.rebalanced = asyncio.Event()
        self._changing = asyncio.Lock()

    async def join(self, deliver: Deliver, batch_max: int, batch_wait_seconds: float) -> Member:
        member = Member(self._log, self, deliver, batch_max, batch_wait_seconds)
        member.idle.set()
        self._members.append(member)
        await self._rebalance()
        return member

    async def leave(self, member: Member) -> None:
        self._members.remove(member)
        await self._rebalance()

    async def _rebalance(self) -> None:
        """Wait until nobody holds a delivery, then deal the partitions out."""
        async with self._changing:
            self.rebalanced.clear()
            self._log.wake(self.topic)
            for member in self._members:
                await member.idle.wait()
            count = self._log.partition_count(self.topic)
            for index, member in enumerate(self._members):
                member.assigned = frozenset(range(index, count, len(self._members)))
            self.rebalanced.set()

    async def fetch(self, partitions: frozenset[int], count_max: int) -> list[Record]:
        """The next records of these partitions, starting with a different one each time."""
        if self._positions is None:
            self._positions = await self._log.committed(self.name, self.topic)
        self._start_at += 1
        ordered = sorted(partitions)
        first = self._start_at % len(ordered) if ordered else 0
        wanted = [(p, self._positions.get(p, 0)) for p in ordered[first:] + ordered[:first]]
        return await self._log.read(self.topic, wanted, count_max)

    async def commit(self, records: list[Record]) -> None:
        """Commit past the records. They are leading ones of what was fetched."""
        if not records:
            return
        offsets: dict[int, int] = {}
        for record in records:
            offsets[record.partition] = record.offset + 1
        await self._log.commit(self.name, self.topic, offsets)
        assert self._positions is not None
        self._positions.update(offsets)
