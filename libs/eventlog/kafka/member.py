"""One member of a Kafka consumer group: manual commits, explicit seeks."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from libs.eventlog.kafka.offsets import Offsets
from libs.eventlog.port import CutShort, Deliver, Record, committable

REDELIVER_SECONDS = 0.5
POLL_SECONDS_MAX = 600
HEARTBEAT_SECONDS_MAX = 1.0
POSITION_SECONDS_MAX = 0.2
FETCH_BYTES_MAX = 20 * 1024 * 1024
LOGGER = logging.getLogger("pawl.eventlog.kafka")


class Member:
    """FastStream fetches and parses; committing and seeking are ours, always explicit."""

    def __init__(
        self,
        broker: KafkaBroker,
        offsets: Offsets,
        topic: str,
        group: str,
        deliver: Deliver,
        batch_max: int,
        session_seconds: float,
    ) -> None:
        self._offsets = offsets
        self._group = group
        self._deliver = deliver
        self._stopping = asyncio.Event()
        self._in_flight = asyncio.Lock()
        self._subscriber = broker.subscriber(
            topic,
            group_id=group,
            batch=True,
            max_records=batch_max,
            batch_timeout_ms=100,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            max_poll_interval_ms=POLL_SECONDS_MAX * 1000,
            session_timeout_ms=int(session_seconds * 1000),
            heartbeat_interval_ms=int(min(HEARTBEAT_SECONDS_MAX, session_seconds / 6) * 1000),
            fetch_max_wait_ms=200,
            max_partition_fetch_bytes=FETCH_BYTES_MAX,
            parser=self._unparsed,
            decoder=_undecoded,
            no_reply=True,
        )
        self._subscriber(self._handle)

    async def start(self) -> None:
        await self._subscriber.start()

    async def stop(self) -> None:
        """Stop fetching, let the delivery in flight finish and commit, leave the group."""
        self._stopping.set()
        async with self._in_flight:
            pass  # what comes after it is not begun; held on, it would be waited for by the stop
        await self._subscriber.stop()

    async def lag(self) -> int:
        """Records not yet committed in the partitions that this member holds."""
        consumer: AIOKafkaConsumer | None = self._subscriber.consumer
        if consumer is None:
            return 0
        return await self._offsets.lag_of(self._group, list(consumer.assignment()))

    async def _unparsed(self, raw: tuple[ConsumerRecord[Any, Any], ...]) -> KafkaMessage:
        """FastStream's own parser fails at one strange header, and drops the whole delivery."""
        consumer: AIOKafkaConsumer = self._subscriber.consumer
        return KafkaMessage(raw, b"", consumer=consumer)

    async def _handle(self, message: KafkaMessage) -> None:
        raw: tuple[ConsumerRecord[Any, Any], ...] = message.raw_message
        consumer: AIOKafkaConsumer = message.consumer
        async with self._in_flight:
            if self._stopping.is_set():
                return  # not committed: another member, or the next start, gets them
            records = [_record(one) for one in raw]
            try:
                await self._deliver(records)
            except Exception as error:
                level = logging.WARNING if isinstance(error, CutShort) else logging.ERROR
                LOGGER.log(level, "not committed: %r", error)
                done = committable(records, error)
                places = {one.place for one in done}
                _seek_back(consumer, [one for one in records if one.place not in places])
                await _commit(consumer, done)
            else:
                await _commit(consumer, records)
                return
        await self._pause()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), REDELIVER_SECONDS)
        except TimeoutError:
            return


async def _undecoded(message: KafkaMessage) -> KafkaMessage:
    """The handler wants the records as they are, headers, partition and offset included."""
    return message


def texts(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Whoever wrote them: a header may be no text, or nothing at all."""
    return {name: (value or b"").decode(errors="replace") for name, value in headers}


def _record(raw: ConsumerRecord[Any, Any]) -> Record:
    return Record(
        topic=raw.topic,
        key=raw.key or b"",
        value=raw.value or b"",
        headers=texts(raw.headers),
        partition=raw.partition,
        offset=raw.offset,
        timestamp_ms=raw.timestamp,
    )


async def _commit(consumer: AIOKafkaConsumer, records: Sequence[Record]) -> None:
    """Commit just past the records. After a rebalance the new owner gets them again."""
    if not records:
        return
    offsets = {TopicPartition(one.topic, one.partition): one.offset + 1 for one in records}
    try:
        await consumer.commit(offsets)
        await _read_on(consumer, offsets)
    except (CommitFailedError, IllegalStateError) as error:
        LOGGER.warning("partitions moved before the commit: %s", type(error).__name__)
    except KafkaError as error:
        LOGGER.warning("commit failed, the records will come again: %r", error)
        _seek_back(consumer, records)


async def _read_on(consumer: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> None:
    """Go on reading where the commit ends.

    A rebalance during the delivery made the member read from the commit before it. The records
    that come again would end anywhere: a later commit could take this one back, and the group
    would stay behind for ever, having dealt with everything.
    """
    for place, offset in offsets.items():
        try:
            if await _position(consumer, place) != offset:
                consumer.seek(place, offset)
        except IllegalStateError:
            continue  # moved to another member, which starts at the last commit


async def _position(consumer: AIOKafkaConsumer, place: TopicPartition) -> int | None:
    try:
        async with asyncio.timeout(POSITION_SECONDS_MAX):
            return int(await consumer.position(place))
    except TimeoutError:  # just assigned, and the broker has not said the last commit yet
        return None


def _seek_back(consumer: AIOKafkaConsumer, records: Sequence[Record]) -> None:
    """To the first record of each partition that is still ours."""
    first: dict[TopicPartition, int] = {}
    for one in records:
        place = TopicPartition(one.topic, one.partition)
        first[place] = min(first.get(place, one.offset), one.offset)
    for place, offset in first.items():
        try:
            consumer.seek(place, offset)
        except IllegalStateError:
            continue  # moved to another member, which starts at the last commit
