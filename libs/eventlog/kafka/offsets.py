"""How far each group is behind, and whether the broker answers."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError
from aiokafka.structs import OffsetAndMetadata

AGAIN_SECONDS = 0.2


class Offsets:
    """Reads offsets over connections of its own, so that no consumer waits for them."""

    def __init__(self, bootstrap: str) -> None:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="pawl-lag")
        self._reader = AIOKafkaConsumer(bootstrap_servers=bootstrap, client_id="pawl-lag")

    async def start(self) -> None:
        await self._admin.start()
        await self._reader.start()

    async def stop(self) -> None:
        await self._reader.stop()
        await self._admin.close()

    async def ping(self) -> None:
        """Raises when the broker does not answer."""
        await self._admin.describe_cluster()

    async def lag(self, group: str, topic: str) -> int:
        """Records published and not yet committed by the group. Raises `ConnectionError`."""
        with _said_as_away():
            described = await self._admin.describe_topics([topic])
        numbers = [one["partition"] for one in described[0]["partitions"]]
        return await self.lag_of(group, [TopicPartition(topic, number) for number in numbers])

    async def lag_of(self, group: str, places: list[TopicPartition]) -> int:
        """The same, of some partitions; what retention deleted does not count."""
        if not places:
            return 0
        with _said_as_away():
            committed = await self._committed(group, places)
            starts = await self._reader.beginning_offsets(places)
            ends = await self._reader.end_offsets(places)
        return sum(end - max(committed[place].offset, starts[place]) for place, end in ends.items())

    async def _committed(
        self, group: str, places: list[TopicPartition]
    ) -> dict[TopicPartition, OffsetAndMetadata]:
        """Asks again while the coordinator loads: it names no partitions then."""
        while True:
            try:
                told = await self._admin.list_consumer_group_offsets(group, partitions=places)
                if told.keys() >= set(places):
                    return dict(told)
            except GroupCoordinatorNotAvailableError:
                pass  # a new broker still makes its topic
            await asyncio.sleep(AGAIN_SECONDS)


@contextmanager
def _said_as_away() -> Iterator[None]:
    try:
        yield
    except KafkaError as error:
        raise ConnectionError(f"Kafka does not tell its offsets now: {error!r}") from error
