"""Sends with an idempotent producer, and takes a new one when its sequence is broken."""

import asyncio
import logging
from collections.abc import Sequence

from aiokafka.errors import KafkaError, KafkaTimeoutError
from aiokafka.structs import RecordMetadata
from faststream.kafka import KafkaBroker

from libs.eventlog.kafka.topics import DEAD_LETTER_BYTES_MAX
from libs.eventlog.port import Message

LOGGER = logging.getLogger("pawl.eventlog.kafka")
BATCH_BYTES_MAX = 1024 * 1024
RENEW_SECONDS_MAX = 20.0
CLOSE_SECONDS_MAX = 4.0


class Publisher:
    """aiokafka gives up a batch that waited 40 s for a partition without a leader.

    The batch has its numbers already, so the broker refuses all that follows it in the partition
    as out of order, for as long as the producer lives. Here a refusal costs what was being sent,
    whose sender is told, and the next message goes out with a new producer.
    """

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._broker = _broker(bootstrap)
        self._renewing: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._stopped = False

    async def start(self) -> None:
        await self._broker.start()

    async def stop(self) -> None:
        """Send what waits, then close."""
        self._stopped = True
        if self._renewing:
            self._renewing.cancel()
            await asyncio.wait([self._renewing])
        await self._broker.stop()
        if self._closing:
            await asyncio.wait(self._closing, timeout=CLOSE_SECONDS_MAX)

    async def send(self, messages: Sequence[Message]) -> None:
        """Hand all to the producer in order, then wait for every acknowledgement."""
        broker, waiting = self._broker, list[asyncio.Future[RecordMetadata]]()
        try:
            for message in messages:
                sent = await broker.publish(
                    message.value,
                    message.topic,
                    key=message.key,
                    headers=dict(message.headers),
                    no_confirm=True,
                )
                waiting.append(sent)
            await asyncio.gather(*waiting)
        except KafkaTimeoutError:  # it never got as far as a number
            raise
        except KafkaError as error:
            self._renew(broker, error)
            raise
        finally:
            for sent in waiting:  # nobody waits for them any more
                sent.cancel()

    def _renew(self, broken: KafkaBroker, error: KafkaError) -> None:
        """In the background, once: whoever sends meanwhile is refused and tries again."""
        if self._stopped or broken is not self._broker:
            return
        if self._renewing is None or self._renewing.done():
            LOGGER.warning("the producer is replaced: %r", error)
            self._renewing = asyncio.create_task(self._replace(broken))

    async def _replace(self, broken: KafkaBroker) -> None:
        fresh = _broker(self._bootstrap)
        try:
            async with asyncio.timeout(RENEW_SECONDS_MAX):
                await fresh.start()
        except (TimeoutError, KafkaError, OSError) as error:
            LOGGER.warning("there is no new producer yet: %r", error)
            await _close(fresh)
            return
        self._broker = fresh
        closing = asyncio.create_task(_close(broken))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


async def _close(broker: KafkaBroker) -> None:
    """Ends when its last batch is sent or given up, after 40 s; cut short it would stay open."""
    try:
        await broker.stop()
    except KafkaError as error:
        LOGGER.warning("a replaced producer was not closed well: %r", error)


def _broker(bootstrap: str) -> KafkaBroker:
    return KafkaBroker(
        bootstrap,
        enable_idempotence=True,
        acks="all",
        compression_type="lz4",
        linger_ms=2,
        max_batch_size=BATCH_BYTES_MAX,
        max_request_size=DEAD_LETTER_BYTES_MAX,
        allow_auto_create_topics=False,
        apply_types=False,
        logger=None,
    )
