"""The Kafka log passes the same behaviour suite, on a real broker."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaProducer

from deploy.local import LocalKafka
from libs.contracts.topics import Topic
from libs.eventlog import EventLog
from libs.eventlog.kafka import KafkaLog
from libs.testkit.eventlog_suite import Collector, EventLogSuite, OpenLog


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


async def test_a_start_that_is_tried_again_leaves_no_connection_open(kafka: LocalKafka) -> None:
    log = KafkaLog(kafka.bootstrap)
    await log.start()
    first = log._broker
    await log.start()
    assert first is not None
    assert not await first.ping(timeout=1), "the first is still connected"
    assert await log.problem() is None
    await log.stop()


class TestKafkaLog(EventLogSuite):
    """Everything in the suite."""
