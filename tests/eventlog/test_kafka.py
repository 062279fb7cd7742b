"""The Kafka log passes the same behaviour suite, on a real broker."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from deploy.local import LocalKafka
from libs.contracts.topics import Topic
from libs.eventlog import EventLog
from libs.eventlog.kafka import KafkaLog
from libs.testkit.eventlog_suite import EventLogSuite, OpenLog


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


class TestKafkaLog(EventLogSuite):
    """Everything in the suite."""
