"""The Kafka log passes the same behaviour suite, on a real broker."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from deploy.local import LocalKafka
from libs.contracts.topics import Topic
from libs.eventlog import EventLog, EventLogFull, Record
from libs.eventlog.kafka import KafkaLog
from libs.testkit.eventlog_suite import (
    Collector,
    EventLogSuite,
    OpenLog,
    eventually,
    messages,
)


@pytest.fixture
def topic() -> Topic:
    name = f"t-{uuid.uuid4().hex[:8]}"
    return Topic(name, None, "any", "a", ("b",), partitions=4, retention_hours=1)


@pytest.fixture
def open_log(kafka: LocalKafka, topic: Topic) -> OpenLog:
    @asynccontextmanager
    async def opened() -> AsyncIterator[EventLog]:
        log = KafkaLog(kafka.bootstrap)
        await log.start()
        await log.create_topics([topic])
        try:
            yield log
        finally:
            await log.stop()

    return opened


async def test_strange_headers_cost_nothing(
    kafka: LocalKafka, topic: Topic, open_log: OpenLog
) -> None:
    """A Collector may write to the door's topic, with whatever headers it likes."""
    strange: list[tuple[str, bytes | None]] = [("empty", None), ("binary", b"\xff\xfe")]
    async with open_log() as log:
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
        await producer.start()
        for value, headers in ((b"1", []), (b"2", strange), (b"3", [])):
            await producer.send(topic.name, value, partition=0, headers=headers)
        await producer.stop()
        seen = Collector()
        await log.subscribe(topic.name, "a", seen, batch_max=10)
        await seen.until(3)
    assert seen.values == [b"1", b"2", b"3"]
    assert seen.records[1].headers == {"empty": "", "binary": "\ufffd\ufffd"}


async def test_what_was_delivered_during_a_rebalance_comes_once_and_stays_committed(
    topic: Topic, open_log: OpenLog
) -> None:
    """Without the member reading on from its commit, all of it would come again."""
    taken, go_on, seen = asyncio.Event(), asyncio.Event(), Collector()

    async def slow(records: Sequence[Record]) -> None:
        taken.set()
        await go_on.wait()
        await seen(records)

    other = replace(topic, name=f"{topic.name}-other")
    async with open_log() as log, open_log() as another:
        await log.create_topics([topic, other])
        await another.create_topics([other])
        await log.publish(messages(topic, 60))
        member = await log.subscribe(topic.name, "a", slow, batch_max=20)
        await taken.wait()
        before = member._subscriber.consumer.assignment()
        await another.publish(messages(other, 1))
        joined = Collector()
        await another.subscribe(other.name, "a", joined)
        await joined.until(1)

        async def assigned_again() -> bool:
            return member._subscriber.consumer.assignment() is not before

        await eventually(assigned_again)
        go_on.set()
        await seen.until(60)

        async def all_committed() -> bool:
            return await log.lag("a", topic.name) == 0

        await eventually(all_committed)
    assert len(seen.values) == len(set(seen.values)) == 60


async def test_a_busy_member_stops_after_the_delivery_in_flight(
    topic: Topic, open_log: OpenLog
) -> None:
    """The next delivery waits at the door already: it is neither begun nor waited for."""
    seen, busy = Collector(), asyncio.Event()

    async def slow(records: Sequence[Record]) -> None:
        if len(seen.values) >= 10:
            busy.set()
        await asyncio.sleep(0.2)
        await seen(records)

    async with open_log() as log:
        await log.publish(messages(topic, 400))
        member = await log.subscribe(topic.name, "a", slow, batch_max=5)
        await busy.wait()
        async with asyncio.timeout(5):
            await member.stop()
        assert await log.lag("a", topic.name) == 400 - len(seen.values)


async def test_a_broken_sequence_costs_what_was_being_sent_and_no_more(
    topic: Topic, open_log: OpenLog
) -> None:
    """As after an outage of more than 40 s: without a new producer nothing is taken ever again."""
    async with open_log() as log:
        await log.publish(messages(topic, 20))
        publisher = log._publisher
        first = publisher._broker
        numbers = first.config.producer._producer.producer._txn_manager
        for number in range(topic.partitions):
            numbers.increment_sequence_number(TopicPartition(topic.name, number), 5)

        async def taken() -> bool:
            try:
                await log.publish(messages(topic, 20, prefix="later"))
            except EventLogFull:
                return False
            return True

        with pytest.raises(EventLogFull, match="OutOfOrderSequenceNumber"):
            await log.publish(messages(topic, 20, prefix="refused"))
        await eventually(taken)
        seen = Collector()
        await log.subscribe(topic.name, "a", seen, batch_max=50)
        await seen.until(40)
        assert publisher._broker is not first

        async def let_go() -> bool:
            return not publisher._closing

        await eventually(let_go)
        assert not await first.ping(timeout=1), "the first is still connected"
    assert sorted(seen.values) == sorted(
        m.value for m in [*messages(topic, 20), *messages(topic, 20, prefix="later")]
    )


async def test_a_start_that_is_tried_again_leaves_no_connection_open(kafka: LocalKafka) -> None:
    log = KafkaLog(kafka.bootstrap)
    await log.start()
    first = log._publisher
    await log.start()
    assert first is not None
    assert not await first._broker.ping(timeout=1), "the first is still connected"
    assert await log.problem() is None
    await log.stop()


class TestKafkaLog(EventLogSuite):
    """Everything in the suite."""
