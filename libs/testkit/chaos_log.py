"""An embedded log that delivers as badly as a broker may: again, late, and out of order.

It counts what it did, so that a test can tell a calm run from one that was disturbed in vain.
"""

import asyncio
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from libs.eventlog.embedded import EmbeddedLog
from libs.eventlog.embedded.group import Member
from libs.eventlog.port import Deliver, Record

DELAY_SECONDS_MIN = 0.001
DELAY_SECONDS_MAX = 0.05
AGAIN_SHARE = 0.05
OLD_SHARE = 0.3
OLD_MAX = 3
REMEMBERED_MAX = 500
TALLY = "chaos.json"


class DeliveredAgain(Exception):
    """Dealt with, and not committed: as after a crash between the two."""


@dataclass
class Tally:
    """What one consumer was put through."""

    topic: str
    group: str
    records: int = 0
    """Different ones."""
    again: int = 0
    """Different ones that were delivered more than once."""
    fetches: int = 0
    late: int = 0
    mixable: int = 0
    """Fetches with records of two keys or more: only these can be put out of order."""
    mixed: int = 0


class ChaosLog(EmbeddedLog):
    """First deliveries of a key keep their order, as Kafka promises; nothing else is promised.

    On `stop` the tallies are written to `chaos.json` beside the log.
    """

    def __init__(self, path: Path, seed: int) -> None:
        super().__init__(path)
        self._seed = seed
        self._tallies: list[Tally] = []
        self._tally_path = path.with_name(TALLY)

    async def subscribe(
        self,
        topic: str,
        group: str,
        deliver: Deliver,
        *,
        batch_max: int = 1,
        batch_wait_seconds: float = 0.05,
    ) -> Member:
        tally = Tally(topic, group)
        self._tallies.append(tally)
        chaos = Chaos(deliver, random.Random(f"{self._seed} {group} {topic}"), tally)
        return await super().subscribe(
            topic, group, chaos, batch_max=batch_max, batch_wait_seconds=batch_wait_seconds
        )

    async def stop(self) -> None:
        await super().stop()
        self._tally_path.write_text(json.dumps([asdict(one) for one in self._tallies], indent=1))


@dataclass
class Chaos:
    """Between the log and a consumer."""

    deliver: Deliver
    chance: random.Random
    tally: Tally
    _past: list[Record] = field(default_factory=list)
    _times: dict[tuple[int, int], int] = field(default_factory=dict)

    async def __call__(self, records: Sequence[Record]) -> None:
        await self._delay()
        for part in self._parts(self._interleaved(records)):
            await self._hand_over(part)
            # What a consumer knows already may come again in any order.
            await self._hand_over(self.chance.sample(part, len(part)))
        self._past = [*self._past, *records][-REMEMBERED_MAX:]
        if self.chance.random() < AGAIN_SHARE:
            raise DeliveredAgain

    async def _delay(self) -> None:
        ready_at = time.monotonic()
        await asyncio.sleep(self.chance.uniform(DELAY_SECONDS_MIN, DELAY_SECONDS_MAX))
        self.tally.fetches += 1
        self.tally.late += time.monotonic() - ready_at >= DELAY_SECONDS_MIN

    async def _hand_over(self, part: Sequence[Record]) -> None:
        await self.deliver(part)
        for record in part:
            times = self._times[record.place] = self._times.get(record.place, 0) + 1
            self.tally.records += times == 1
            self.tally.again += times == 2

    def _interleaved(self, records: Sequence[Record]) -> list[Record]:
        """Another order, in which each key keeps its own; never the one of before, if it can."""
        waiting: dict[bytes, list[Record]] = {}
        for record in records:
            waiting.setdefault(record.key, []).append(record)
        keys = list(waiting)
        self.tally.mixable += len(keys) > 1
        mixed: list[Record] = []
        while waiting:
            # The first key does not come first.
            key = self.chance.choice(list(waiting) if mixed else keys[1:] or keys)
            mixed.append(waiting[key].pop(0))
            if not waiting[key]:
                del waiting[key]
        self.tally.mixed += mixed != list(records)
        return mixed

    def _parts(self, records: list[Record]) -> Iterator[list[Record]]:
        """Deliveries of any size, with old records between, before and after."""
        while records:
            size = self.chance.randint(1, len(records))
            yield [*self._old(), *records[:size], *self._old()]
            records = records[size:]

    def _old(self) -> list[Record]:
        if not self._past or self.chance.random() > OLD_SHARE:
            return []
        return self.chance.sample(self._past, min(len(self._past), OLD_MAX))
