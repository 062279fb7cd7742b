"""An embedded log that delivers as badly as a broker may: again, late, and out of order."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from libs.eventlog.embedded import EmbeddedLog
from libs.eventlog.embedded.group import Member
from libs.eventlog.port import Deliver, Record

DELAY_SECONDS_MAX = 0.05
AGAIN_SHARE = 0.05
OLD_SHARE = 0.3
OLD_MAX = 3
REMEMBERED_MAX = 500


class DeliveredAgain(Exception):
    """Dealt with, and not committed: as after a crash between the two."""


class ChaosLog(EmbeddedLog):
    """First deliveries of a key keep their order, as Kafka promises; nothing else is promised."""

    def __init__(self, path: Path, seed: int) -> None:
        super().__init__(path)
        self._seed = seed

    async def subscribe(
        self,
        topic: str,
        group: str,
        deliver: Deliver,
        *,
        batch_max: int = 1,
        batch_wait_seconds: float = 0.05,
    ) -> Member:
        chaos = Chaos(deliver, random.Random(f"{self._seed} {group} {topic}"))
        return await super().subscribe(
            topic, group, chaos, batch_max=batch_max, batch_wait_seconds=batch_wait_seconds
        )


class Chaos:
    """Between the log and a consumer."""

    def __init__(self, deliver: Deliver, chance: random.Random) -> None:
        self._deliver = deliver
        self._chance = chance
        self._past: list[Record] = []

    async def __call__(self, records: Sequence[Record]) -> None:
        await asyncio.sleep(self._chance.uniform(0, DELAY_SECONDS_MAX))
        for part in self._parts(self._interleaved(records)):
            await self._deliver(part)
        self._past = [*self._past, *records][-REMEMBERED_MAX:]
        if self._chance.random() < AGAIN_SHARE:
            raise DeliveredAgain

    def _interleaved(self, records: Sequence[Record]) -> list[Record]:
        """Another order, in which each key keeps its own."""
        waiting: dict[bytes, list[Record]] = {}
        for record in records:
            waiting.setdefault(record.key, []).append(record)
        mixed = []
        while waiting:
            key = self._chance.choice(list(waiting))
            mixed.append(waiting[key].pop(0))
            if not waiting[key]:
                del waiting[key]
        return mixed

    def _parts(self, records: list[Record]) -> Iterator[list[Record]]:
        """Deliveries of any size, with old records between, before and after."""
        while records:
            size = self._chance.randint(1, len(records))
            yield [*self._old(), *records[:size], *self._old()]
            records = records[size:]

    def _old(self) -> list[Record]:
        if not self._past or self._chance.random() > OLD_SHARE:
            return []
        return self._chance.sample(self._past, min(len(self._past), OLD_MAX))
