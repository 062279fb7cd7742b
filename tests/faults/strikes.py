"""kill -9 that meets a service at work, and proves that it did."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiokafka import TopicPartition

from libs.contracts.topics import TOPICS
from libs.eventlog.kafka.offsets import Offsets
from pawl.cluster.held import Cluster, Service
from tests.faults.people import People

WORK_SECONDS_MAX = 60.0
LOOK_SECONDS = 0.01
AWAKE_SECONDS_MAX = 0.04
"""Shorter than what a service is given takes it: the kill lands before it has finished."""
TRIES = 4
Ends = dict[TopicPartition, int]


class Backlog(Offsets):
    """What was published for a group, and what of it the group has not committed."""

    async def ends(self, *topics: str) -> Ends:
        """Where the topics end now."""
        described = await self._admin.describe_topics(list(topics))
        places = [
            TopicPartition(topic["topic"], partition["partition"])
            for topic in described
            for partition in topic["partitions"]
        ]
        return dict(await self._reader.end_offsets(places))

    async def given(self, group: str) -> Ends:
        """Where the topics of a group end now."""
        return await self.ends(*(topic.name for topic in TOPICS if group in topic.consumers))

    async def left(self, group: str, given: Ends) -> int:
        """How many records up to there are not committed: newer ones do not count."""
        if not given:
            return 0
        committed = await self._committed(group, list(given))
        return sum(max(0, end - max(0, committed[place].offset)) for place, end in given.items())


class Killer:
    """Freezes a service until work waits for it, lets it begin, and kills it."""

    def __init__(
        self, cluster: Cluster, chance: random.Random, people: People | None = None
    ) -> None:
        self._cluster = cluster
        self._chance = chance
        self._asking = people.asking if people else Counter[str]()
        self._cut = people.cut if people else Counter[str]()
        self.backlog = Backlog(cluster.bootstrap)

    async def strike(self, victim: str) -> None:
        """For a service that others keep busy: again, should it have been too quick."""
        for _ in range(TRIES):
            if await self.strike_once(victim):
                return
        raise AssertionError(f"{victim} had nothing left to do at {TRIES} kills")

    async def strike_once(self, victim: str) -> bool:
        """Whether the kill met it at work: a call was cut off, or a record was not committed."""
        service, calls_cut = self._cluster[victim], self._cut[victim]
        self.freeze(victim)
        given = await self._until_busy(victim)
        service.send(signal.SIGCONT)
        await asyncio.sleep(self._chance.uniform(0, AWAKE_SECONDS_MAX))
        service.kill()
        unfinished = await self.backlog.left(victim, given)
        await asyncio.sleep(self._chance.uniform(0.05, 0.5))
        hit = unfinished > 0 or self._cut[victim] > calls_cut
        await revive(service)
        return hit

    def freeze(self, victim: str) -> None:
        self._cluster[victim].send(signal.SIGSTOP)

    async def _until_busy(self, victim: str) -> Ends:
        deadline = time.monotonic() + WORK_SECONDS_MAX
        while True:
            given = await self.backlog.given(victim)
            if self._asking[victim] or await self.backlog.left(victim, given):
                return given
            assert time.monotonic() < deadline, f"nothing came for {victim}"
            await asyncio.sleep(LOOK_SECONDS)

    async def strike_while(self, victim: str, busy: Callable[[], Awaitable[bool]]) -> bool:
        """For long work that no record waits for; `busy` must be known without the victim."""
        deadline = time.monotonic() + WORK_SECONDS_MAX
        while not await busy():
            assert time.monotonic() < deadline, f"{victim} is never busy"
            await asyncio.sleep(LOOK_SECONDS)
        await asyncio.sleep(self._chance.uniform(0, 0.3))
        self._cluster[victim].kill()
        hit = await busy()
        await revive(self._cluster[victim])
        return hit


async def revive(service: Service) -> None:
    service.start()
    await asyncio.to_thread(service.until_ready)


@asynccontextmanager
async def killer(
    cluster: Cluster, chance: random.Random, people: People | None = None
) -> AsyncIterator[Killer]:
    """With connections of its own; with `people` a call of theirs is work too."""
    one = Killer(cluster, chance, people)
    await one.backlog.start()
    try:
        yield one
    finally:
        await one.backlog.stop()
