"""The Kafka event log: the port, over a FastStream broker."""

import asyncio
import logging
from collections.abc import Sequence
from typing import TypeVar

from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from libs.contracts.topics import Topic
from libs.eventlog.kafka.commits import heed_coordinators
from libs.eventlog.kafka.member import Member
from libs.eventlog.kafka.offsets import Offsets
from libs.eventlog.kafka.pacing import pace_metadata
from libs.eventlog.kafka.publisher import Publisher
from libs.eventlog.kafka.reading import read_carefully
from libs.eventlog.kafka.topics import ADMIN_ERRORS, create_missing, wanted
from libs.eventlog.port import Deliver, EventLogFull, Message

LOGGER = logging.getLogger("pawl.eventlog.kafka")
OVERHEAD_BYTES_MAX = 64 * 1024
WAITING_BYTES_MAX = 256 * 1024 * 1024
PUBLISH_SECONDS_MAX = 20.0
LAG_SECONDS_MAX = 20.0
STOP_SECONDS_MAX = 4.0
PROBE_SECONDS_MAX = 1.5
SESSION_SECONDS = 10.0
Part = TypeVar("Part")


class KafkaLog:
    """Idempotent producer with acks from all replicas; consumers commit by hand."""

    many_clients = True

    def __init__(
        self,
        bootstrap: str,
        waiting_bytes_max: int = WAITING_BYTES_MAX,
        session_seconds: float = SESSION_SECONDS,
        publish_seconds: float = PUBLISH_SECONDS_MAX,
    ) -> None:
        self._bootstrap = bootstrap
        self._session_seconds = session_seconds
        self._publish_seconds = publish_seconds
        self._waiting_bytes = 0
        self._waiting_bytes_max = waiting_bytes_max
        self._sizes_max: dict[str, int] = {}
        self._members: list[Member] = []
        self._broker: KafkaBroker | None = None
        self._publisher: Publisher | None = None
        self._offsets: Offsets | None = None

    async def start(self) -> None:
        """Connect, or raise `ConnectionError`; may be tried again."""
        pace_metadata()
        heed_coordinators()
        read_carefully()
        if self._broker:  # the last start got no further: its connections are not left open
            await self.stop()
        self._broker, self._offsets = _consuming(self._bootstrap), Offsets(self._bootstrap)
        self._publisher = Publisher(self._bootstrap)
        try:
            await self._broker.start()
            await self._publisher.start()
            await self._offsets.start()
        except (KafkaError, OSError) as error:
            await self.stop()
            raise ConnectionError(f"Kafka is away at {self._bootstrap}: {error!r}") from error

    async def stop(self) -> None:
        """Leave the groups, send what waits; without a broker that ends at a deadline."""
        try:
            async with asyncio.timeout(STOP_SECONDS_MAX):
                await asyncio.gather(*(member.stop() for member in self._members))
                if self._publisher:
                    await self._publisher.stop()
                if self._broker:
                    await self._broker.stop()
                if self._offsets:
                    await self._offsets.stop()
        except (TimeoutError, KafkaError) as error:
            LOGGER.warning("not everything was closed in time: %r", error)

    async def create_topics(self, topics: Sequence[Topic]) -> None:
        try:
            await create_missing(self._bootstrap, topics)
        except ADMIN_ERRORS as error:
            raise ConnectionError(f"topics cannot be created now: {error!r}") from error
        self._sizes_max |= {one.name: one.bytes_max for one in wanted(topics)}

    async def publish(self, messages: Sequence[Message]) -> None:
        if not self._sizes_max:  # a service answers requests while it starts
            raise EventLogFull("the topics are not known yet: the service starts")
        for message in messages:
            self._check(message)
        payload_bytes = sum(len(message.value) + len(message.key) for message in messages)
        if self._waiting_bytes and self._waiting_bytes + payload_bytes > self._waiting_bytes_max:
            raise EventLogFull(f"{self._waiting_bytes} bytes wait for the broker already")
        self._waiting_bytes += payload_bytes
        try:
            async with asyncio.timeout(self._publish_seconds):
                await _started(self._publisher).send(messages)
        except (TimeoutError, KafkaError) as error:
            raise EventLogFull(f"the broker did not acknowledge: {error!r}") from error
        finally:
            self._waiting_bytes -= payload_bytes

    def _check(self, message: Message) -> None:
        if message.topic not in self._sizes_max:
            raise ValueError(f"topic {message.topic} is not declared in libs/contracts")
        size, size_max = len(message.value) + len(message.key), self._sizes_max[message.topic]
        if size + OVERHEAD_BYTES_MAX > size_max:  # refused by the broker, it would break its order
            text = f"{message.topic} takes messages of up to {size_max - OVERHEAD_BYTES_MAX} bytes"
            raise ValueError(f"{text}, this one has {size}")

    async def subscribe(
        self,
        topic: str,
        group: str,
        deliver: Deliver,
        *,
        batch_max: int = 1,
        batch_wait_seconds: float = 0.05,
    ) -> Member:
        member = Member(
            _started(self._broker),
            _started(self._offsets),
            topic,
            group,
            deliver,
            batch_max,
            self._session_seconds,
        )
        try:
            await member.start()
        except (KafkaError, OSError) as error:
            await member.stop()
            raise ConnectionError(f"cannot join {group} on {topic} now: {error!r}") from error
        self._members.append(member)
        return member

    async def lag(self, group: str, topic: str) -> int:
        async with asyncio.timeout(LAG_SECONDS_MAX):
            return await _started(self._offsets).lag(group, topic)

    async def problem(self) -> str | None:
        """Whether the broker answers."""
        try:
            async with asyncio.timeout(PROBE_SECONDS_MAX):
                await _started(self._offsets).ping()
        except (TimeoutError, KafkaError, OSError) as error:
            return f"Kafka does not answer at {self._bootstrap}: {error!r}"
        return None


def _started(part: Part | None) -> Part:
    if part is None:
        raise ConnectionError("the log is not started")
    return part


def _consuming(bootstrap: str) -> KafkaBroker:
    """Its consumers each have connections of their own; it publishes nothing."""
    return KafkaBroker(
        bootstrap,
        consumer_only=True,
        allow_auto_create_topics=False,
        apply_types=False,
        logger=None,
    )
