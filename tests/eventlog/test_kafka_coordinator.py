"""A coordinator that loads, or has moved, cannot tell what a group has committed."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.commit import OffsetFetchRequest, OffsetFetchResponse_v3

from deploy.local import LocalKafka
from libs.contracts.topics import Topic
from libs.eventlog.kafka import KafkaLog
from libs.testkit.eventlog_suite import Collector, messages

LOADING, NOT_AVAILABLE, MOVED = 14, 15, 16
TIMES = 3
Tell = Callable[[int], None]


@pytest.fixture
async def log(kafka: LocalKafka, topic: Topic) -> Any:
    log = KafkaLog(kafka.bootstrap)
    await log.start()
    await log.create_topics([topic])
    yield log
    await log.stop()


@pytest.fixture
def topic() -> Topic:
    name = f"t-{uuid.uuid4().hex[:8]}"
    return Topic(name, None, "any", "a", ("b",), partitions=1, retention_hours=1)


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch) -> Tell:
    """From then on the next questions for offsets are answered with an error and nothing else."""
    left: list[int] = []
    real = AIOKafkaClient.send

    async def send(self: AIOKafkaClient, node: int, request: Any, **options: Any) -> Any:
        if isinstance(request, OffsetFetchRequest) and left:
            return OffsetFetchResponse_v3(0, [], left.pop())
        return await real(self, node, request, **options)

    monkeypatch.setattr(AIOKafkaClient, "send", send)
    return lambda code: left.extend([code] * TIMES)


@pytest.mark.parametrize("code", [LOADING, NOT_AVAILABLE, MOVED])
async def test_a_member_that_joins_meanwhile_starts_where_its_group_is(
    log: KafkaLog, topic: Topic, tell: Tell, code: int
) -> None:
    """aiokafka starts it at its oldest record."""
    before, after = Collector(), Collector()
    await log.publish(messages(topic, 20))
    member = await log.subscribe(topic.name, "a", before, batch_max=20)
    await before.until(20)
    await member.stop()
    await log.publish(messages(topic, 5, prefix="new"))
    tell(code)
    await log.subscribe(topic.name, "a", after, batch_max=20)
    await after.until(5)
    assert after.values == [one.value for one in messages(topic, 5, prefix="new")]


async def test_the_lag_is_not_told_before_it_is_known(
    log: KafkaLog, topic: Topic, tell: Tell
) -> None:
    await log.publish(messages(topic, 20))
    tell(LOADING)
    assert await log.lag("a", topic.name) == 20
