"""The Kafka event log: the port, over a FastStream broker."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError
from aiokafka.structs import OffsetAndMetadata
from faststream.kafka import KafkaBroker

from libs.contracts.topics import Topic
from libs.eventlog.kafka.member import Member
from libs.eventlog.kafka.topics import MESSAGE_BYTES_MAX, create_missing
from libs.eventlog.port import Deliver, EventLogFull, Message

WAITING_BYTES_MAX = 256 * 1024 * 1024
BATCH_BYTES_MAX = 1024 * 1024
PUBLISH_SECONDS_MAX = 20.0


class KafkaLog:
    """Idempotent producer with acks from all replicas; consumers commit by hand."""

    many_clients = True

    def __init__(self, bootstrap: str, waiting_bytes_max: int = WAITING_BYTES_MAX) -> None:
        self._bootstrap = bootstrap
        self._broker = KafkaBroker(
            bootstrap,
            enable_idempotence=True,
            acks="all",
            compression_type="lz4",
            linger_ms=2,
            max_batch_size=BATCH_BYTES_MAX,
            max_request_size=MESSAGE_BYTES_MAX,
            allow_auto_create_topics=False,
            apply_types=False,
            logger=None,
        )
        self._waiting_bytes = 0
        self._waiting_bytes_max = waiting_bytes_max
        self._declared: set[str] = set()
        self._members: list[Member] = []
        self._admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="pawl-lag")

    async def start(self) -> None:
        await self._broker.connect()
        await self._broker.start()
        await self._admin.start()

    async def stop(self) -> None:
        await asyncio.gather(*(member.stop() for member in self._members))
        await self._broker.stop()
        await self._admin.close()

    async def create_topics(self, topics: Sequence[Topic]) -> None:
        await create_missing(self._bootstrap, topics)
        for topic in topics:
            self._declared |= {topic.name, topic.dead_letter_name}

    async def publish(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if message.topic not in self._declared:
                raise ValueError(f"topic {message.topic} is not declared in libs/contracts")
        payload_bytes = sum(len(message.value) + len(message.key) for message in messages)
        if self._waiting_bytes and self._waiting_bytes + payload_bytes > self._waiting_bytes_max:
            raise EventLogFull(f"{self._waiting_bytes} bytes wait for the broker already")
        self._waiting_bytes += payload_bytes
        try:
            async with asyncio.timeout(PUBLISH_SECONDS_MAX):
                await self._send(messages)
        except (TimeoutError, KafkaError) as error:
            raise EventLogFull(f"the broker did not acknowledge: {error!r}") from error
        finally:
            self._waiting_bytes -= payload_bytes

    async def _send(self, messages: Sequence[Message]) -> None:
        """Hand all to the producer in order, then wait for every acknowledgement."""
        waiting = [
            await self._broker.publish(
                message.value,
                message.topic,
                key=message.key,
                headers=dict(message.headers),
                no_confirm=True,
            )
            for message in messages
        ]
        await asyncio.gather(*waiting)

    async def subscribe(
        self,
        topic: str,
        group: str,
        deliver: Deliver,
        *,
        batch_max: int = 1,
        batch_wait_seconds: float = 0.05,
    ) -> Member:
        member = Member(self._broker, topic, group, deliver, batch_max)
        await member.start()
        self._members.append(member)
        return member

    async def lag(self, group: str, topic: str) -> int:
        described = await self._admin.describe_topics([topic])
        partitions = [one["partition"] for one in described[0]["partitions"]]
        places = [TopicPartition(topic, partition) for partition in partitions]
        committed = await self._committed(group, places)
        ends = await self._end_offsets(places)
        return sum(end - max(committed[place].offset, 0) for place, end in ends.items())

    async def _committed(
        self, group: str, places: list[TopicPartition]
    ) -> dict[TopicPartition, OffsetAndMetadata]:
        async with asyncio.timeout(PUBLISH_SECONDS_MAX):
            while True:
                try:
                    return dict(
                        await self._admin.list_consumer_group_offsets(group, partitions=places)
                    )
                except GroupCoordinatorNotAvailableError:  # a new broker still makes its topic
                    await asyncio.sleep(0.2)

    async def _end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap)
        await consumer.start()
        try:
            ends: dict[TopicPartition, int] = await consumer.end_offsets(places)
            return ends
        finally:
            await consumer.stop()
