"""What FastStream does that a reader would not expect; why our log acks and seeks by hand.

Each test pins one behaviour on a real broker, so that an upgrade that changes it is noticed.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from faststream import AckPolicy, BaseMiddleware
from faststream.kafka import KafkaBroker, KafkaMessage, TestKafkaBroker

from deploy.local import LocalKafka
from libs.contracts.topics import Topic
from libs.eventlog.kafka.topics import create_missing
from libs.testkit.eventlog_suite import eventually

GROUP = "g"
Handler = Callable[[Any], Awaitable[None]]


@pytest.fixture
async def topic(kafka: LocalKafka) -> str:
    name = f"trap-{uuid.uuid4().hex[:8]}"
    declared = Topic(name, None, "any", "a", ("b",), partitions=2, retention_hours=1)
    await create_missing(kafka.bootstrap, [declared])
    return name


def broker_of(kafka: LocalKafka, **options: Any) -> KafkaBroker:
    return KafkaBroker(
        kafka.bootstrap, logger=None, apply_types=False, allow_auto_create_topics=False, **options
    )


async def committed(kafka: LocalKafka, topic: str) -> int:
    """Sum of committed offsets of the group."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id=GROUP)
    await consumer.start()
    try:
        places = [TopicPartition(topic, 0), TopicPartition(topic, 1)]
        return sum([await consumer.committed(place) or 0 for place in places])
    finally:
        await consumer.stop()


async def run_failing(kafka: LocalKafka, topic: str, **options: Any) -> int:
    """How often a message is delivered to a handler that always raises, within 1.5 s."""
    broker, calls = broker_of(kafka), 0

    async def failing(body: Any) -> None:
        nonlocal calls
        calls += 1
        raise RuntimeError("told to fail")

    broker.subscriber(topic, group_id=GROUP, auto_offset_reset="earliest", **options)(failing)
    await broker.start()
    await broker.publish(b"x", topic, key=b"k")

    async def delivered() -> bool:
        return calls > 0

    await eventually(delivered)
    await asyncio.sleep(1.5)
    await broker.stop()
    return calls


async def test_the_default_policy_is_at_most_once(kafka: LocalKafka, topic: str) -> None:
    assert await run_failing(kafka, topic) == 1
    assert await run_failing_again_sees(kafka, topic) == 0


async def run_failing_again_sees(kafka: LocalKafka, topic: str) -> int:
    """What a restarted consumer of the group is given."""
    broker, seen = broker_of(kafka), []

    async def handler(body: Any) -> None:
        seen.append(body)

    broker.subscriber(topic, group_id=GROUP, auto_offset_reset="earliest")(handler)
    await broker.start()
    await asyncio.sleep(1.5)
    await broker.stop()
    return len(seen)


@pytest.mark.parametrize("policy", [AckPolicy.ACK, AckPolicy.REJECT_ON_ERROR])
async def test_ack_and_reject_on_error_commit_a_failed_message(
    kafka: LocalKafka, topic: str, policy: AckPolicy
) -> None:
    assert await run_failing(kafka, topic, ack_policy=policy) == 1
    assert await committed(kafka, topic) == 1


async def test_nack_on_error_redelivers_at_once_without_delay_or_cap(
    kafka: LocalKafka, topic: str
) -> None:
    assert await run_failing(kafka, topic, ack_policy=AckPolicy.NACK_ON_ERROR) > 20
    assert await committed(kafka, topic) == 0


async def test_manual_commits_nothing_by_itself(kafka: LocalKafka, topic: str) -> None:
    """And does not redeliver either: the position has moved on. Hence our explicit seek."""
    assert await run_failing(kafka, topic, ack_policy=AckPolicy.MANUAL) == 1
    assert await committed(kafka, topic) == 0


async def test_nack_of_a_batch_rewinds_every_partition_in_this_version(
    kafka: LocalKafka, topic: str
) -> None:
    """Earlier versions rewound one record only, and lost the rest of the batch."""
    broker, batches = broker_of(kafka), []

    async def handler(message: KafkaMessage) -> None:
        batches.append({raw.value for raw in message.raw_message})
        if len(batches) < 3:
            await message.nack()

    async def undecoded(message: KafkaMessage) -> KafkaMessage:
        return message

    await broker.connect()
    await broker.start()
    for number in range(6):
        await broker.publish(b"%d" % number, topic, key=b"k%d" % number)
    subscriber = broker.subscriber(
        topic,
        group_id=GROUP,
        batch=True,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        decoder=undecoded,
    )
    subscriber(handler)
    await subscriber.start()

    async def all_again() -> bool:
        return len(set().union(*batches[2:])) == 6

    await eventually(all_again)
    await broker.stop()


async def test_a_parse_error_skips_consume_scope(kafka: LocalKafka, topic: str) -> None:
    """So a policy built as a middleware would never see it: ours sits in the handler."""
    scopes, parsed = [], []

    class Watching(BaseMiddleware):
        async def consume_scope(self, call_next: Any, msg: Any) -> Any:
            scopes.append(msg)
            return await call_next(msg)

    async def parser(message: Any) -> Any:
        parsed.append(message)
        raise ValueError("cannot parse")

    async def handler(body: Any) -> None:
        raise AssertionError("must not be called")

    broker = broker_of(kafka, middlewares=[Watching])
    broker.subscriber(topic, group_id=GROUP, auto_offset_reset="earliest", parser=parser)(handler)
    await broker.start()
    await broker.publish(b"x", topic)

    async def tried() -> bool:
        return bool(parsed)

    await eventually(tried)
    await asyncio.sleep(0.3)
    await broker.stop()
    assert scopes == []


async def test_the_in_memory_broker_neither_commits_nor_seeks() -> None:
    """So nothing about acknowledgement can be tested on it: our tests use a real broker."""
    broker, calls = KafkaBroker(logger=None, apply_types=False), []

    async def handler(message: KafkaMessage) -> None:
        calls.append(message)
        await message.nack()

    async def undecoded(message: KafkaMessage) -> KafkaMessage:
        return message

    broker.subscriber("t", group_id=GROUP, ack_policy=AckPolicy.MANUAL, decoder=undecoded)(handler)
    async with TestKafkaBroker(broker) as testing:
        await testing.publish(b"x", "t")
        await asyncio.sleep(0.3)
    assert len(calls) == 1
