"""Records that cannot be read: a header whose name is no text, a batch that is damaged.

aiokafka 0.14 fails the whole fetch at one of them, though it has moved on in the partitions that it
took records of before: those would be lost. Here they are read again, each partition by itself, so
that only the one that cannot be read waits; its log line and its lag say so.
"""

import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import ConsumerStoppedError, CorruptRecordException, KafkaError

from libs.eventlog.kafka.mending import wrap_once

LOGGER = logging.getLogger("pawl.eventlog.kafka")
Fetched = dict[TopicPartition, list[Any]]
GetMany = Callable[..., Awaitable[Fetched]]


def _unreadable(error: Exception) -> bool:
    """Not an outage, nor the end of the consumer: it would be the same next time."""
    if isinstance(error, ConsumerStoppedError):
        return False
    return isinstance(error, CorruptRecordException) or not isinstance(error, KafkaError)


def _positions(consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
    subscription = consumer._subscription.subscription
    if subscription is None or subscription.assignment is None:
        return {}
    states = {place: subscription.assignment.state_value(place) for place in consumer.assignment()}
    return {place: one.position for place, one in states.items() if one.has_valid_position}


def _careful(getmany: GetMany) -> GetMany:
    async def from_one(
        consumer: AIOKafkaConsumer, place: TopicPartition, position: int, options: dict[str, Any]
    ) -> Fetched:
        """As many as can be read; one by one up to a record that cannot."""
        for counts in (options, options | {"max_records": 1}):
            try:
                return await getmany(consumer, place, **counts)
            except Exception as error:
                if not _unreadable(error):
                    raise
                consumer.seek(place, position)
                failure = error
        LOGGER.error("%s cannot be read at %s: %r", place, position, failure)
        return {}

    async def carefully(
        consumer: AIOKafkaConsumer, *partitions: TopicPartition, **options: Any
    ) -> Fetched:
        before = _positions(consumer)
        try:
            return await getmany(consumer, *partitions, **options)
        except Exception as error:
            if not _unreadable(error):
                raise
        for place, position in before.items():
            consumer.seek(place, position)
        for place in random.sample(list(before), len(before)):  # none always comes first
            if fetched := await from_one(consumer, place, before[place], options):
                return fetched
        return {}

    return carefully


def read_carefully() -> None:
    """For every consumer of this process; once is enough."""
    wrap_once(AIOKafkaConsumer, "getmany", _careful)
