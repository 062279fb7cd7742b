"""Consumers of one group come and go under load."""

import asyncio
import random
import signal
import time
import uuid
from collections.abc import Sequence

import pytest

from libs.contracts.topics import Topic
from libs.eventlog import Record
from libs.eventlog.kafka import KafkaLog
from libs.testkit.eventlog_suite import messages
from pawl.cluster.held import Cluster
from tests.faults.load import Load
from tests.faults.promises import settled, until

pytestmark = pytest.mark.timeout(300, func_only=True)


async def test_evaluators_come_and_go_during_load(
    cluster: Cluster, project: str, seed: int
) -> None:
    with Load(cluster.otlp_url, seed, project) as load:
        load.until(requests=3)
        second = cluster.add_replica("evaluators")
        second.until_ready()
        load.until(requests=5)
        cluster["evaluators"].kill()
        load.until(requests=5)
        cluster["evaluators"].start()
        cluster["evaluators"].until_ready()
        second.terminate()
        cluster.remove(second)
        load.until(requests=5)
    await settled(cluster, project, load.sent)


class Ledger:
    """What was dealt with, in which order, by whichever member; slow now and then."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.by_key: dict[bytes, list[int]] = {}

    async def __call__(self, records: Sequence[Record]) -> None:
        if self._chance.random() < 0.1:
            raise RuntimeError("told to fail")
        await asyncio.sleep(self._chance.uniform(0, 0.1))
        for record in records:
            self.by_key.setdefault(record.key, []).append(int(record.headers["n"]))

    @property
    def seen(self) -> set[int]:
        return {number for numbers in self.by_key.values() for number in numbers}


async def test_members_come_and_go_and_every_record_is_dealt_with(
    cluster: Cluster, seed: int
) -> None:
    chance = random.Random(seed)
    topic = Topic(f"t-{uuid.uuid4().hex[:8]}", None, "any", "a", ("b",), 6, 1)
    ledger, count = Ledger(chance), 400
    publisher, *others = [KafkaLog(cluster.bootstrap, session_seconds=3) for _ in range(3)]
    for log in (publisher, *others):
        await log.start()
        await log.create_topics([topic])
    await publisher.subscribe(topic.name, "g", ledger, batch_max=7)

    async def come_and_go(log: KafkaLog) -> None:
        while len(ledger.seen) < count:
            member = await log.subscribe(topic.name, "g", ledger, batch_max=7)
            await asyncio.sleep(chance.uniform(0.5, 2.0))
            await member.stop()
            await asyncio.sleep(chance.uniform(0.1, 0.5))

    coming_and_going = [asyncio.create_task(come_and_go(log)) for log in others]
    for start in range(0, count, 30):
        await publisher.publish(messages(topic, count, keys=50)[start : start + 30])
        await asyncio.sleep(0.1)

    async def wrong() -> str:
        left = count - len(ledger.seen)
        behind = await publisher.lag("g", topic.name)
        return f"{left} records not dealt with, lag {behind}" if left or behind else ""

    await until(wrong, 90)
    await asyncio.gather(*coming_and_going)
    for log in (*others, publisher):
        await log.stop()
    for key, numbers in ledger.by_key.items():
        firsts = list(dict.fromkeys(numbers))
        assert firsts == sorted(firsts), f"{key!r} was overtaken"


async def test_a_member_that_hangs_is_replaced_and_harms_nothing_when_it_wakes(
    cluster: Cluster, project: str, seed: int
) -> None:
    second = cluster.add_replica("evaluators")
    second.until_ready()
    with Load(cluster.otlp_url, seed, project) as load:
        load.until(requests=4)
        second.send(signal.SIGSTOP)
        time.sleep(5.0)  # longer than its session
        load.until(requests=4)
        second.send(signal.SIGCONT)
        load.until(requests=4)
    await settled(cluster, project, load.sent)
    second.terminate()
    cluster.remove(second)
