"""The one failure policy: every handler of every service is wrapped in it.

Permanent error or invalid message: dead letter, then commit. Transient error: bounded, jittered
retry, then the topic's policy. A failed dead-letter write commits nothing. Too many dead letters
in a window stop the consumer, so that a bad deploy cannot divert everything.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from libs.contracts.base import Event
from libs.contracts.topics import Topic
from libs.eventlog import Message, Record
from libs.runtime.envelope import to_event
from libs.runtime.errors import PermanentError
from libs.runtime.settings import RuntimeSettings
from libs.runtime.tracing import HandlerTracer

if TYPE_CHECKING:
    from libs.runtime.app import App

E = TypeVar("E", bound=Event)
EventHandler = Callable[[E], Awaitable[None]]


@dataclass(frozen=True)
class Refused:
    """A record that a batch handler will never be able to handle, and why."""

    record: Record
    reason: str


class BatchHandler(Protocol):
    async def __call__(self, records: Sequence[Record], /) -> Sequence[Refused]: ...


@dataclass(frozen=True)
class RetryPolicy:
    attempts_max: int
    seconds_max: float
    dead_letters_max: int
    dead_letters_window_seconds: float

    @staticmethod
    def from_settings(settings: RuntimeSettings) -> "RetryPolicy":
        return RetryPolicy(
            settings.retry_attempts_max,
            settings.retry_seconds_max,
            settings.dead_letters_max,
            settings.dead_letters_window_seconds,
        )

    def pause_seconds(self, attempt: int) -> float:
        """Full jitter over an exponential cap."""
        return random.uniform(0.02, min(self.seconds_max / 3, 0.1 * 2**attempt))


class ConsumerStopped(Exception):
    """The dead-letter limit was passed: nothing is committed until a person looks."""


class Consumer:
    """Deals with deliveries of one topic for one service."""

    def __init__(self, app: "App", topic: Topic, handle: BatchHandler) -> None:
        self._app = app
        self._topic = topic
        self._handle = handle
        self._dead_at: deque[float] = deque()
        self._stopped = False
        self._tracer = HandlerTracer(app.name, topic.name)

    @classmethod
    def of_events(cls, app: "App", topic: Topic, handler: EventHandler[E]) -> "Consumer":
        consumer = cls(app, topic, cast(BatchHandler, None))

        async def one_by_one(records: Sequence[Record]) -> Sequence[Refused]:
            for record in records:
                await consumer._handle_event(record, handler)
            return ()

        consumer._handle = one_by_one
        return consumer

    @classmethod
    def of_batches(cls, app: "App", topic: Topic, handler: BatchHandler) -> "Consumer":
        return cls(app, topic, handler)

    async def deliver(self, records: Sequence[Record]) -> None:
        """The event log's callback: returning commits, raising does not."""
        self._check_limit()
        labels = (self._app.name, self._topic.name)
        with self._app.metrics.handle_seconds.labels(*labels).time():
            refused = await self._handle_batch(records)
            for one in refused:
                await self._dead_letter(one.record, one.reason)
        self._app.metrics.handled.labels(*labels).inc(len(records))

    async def _handle_batch(self, records: Sequence[Record]) -> Sequence[Refused]:
        try:
            with self._tracer.batch(records):
                return await self._retry(lambda: self._handle(records))
        except PermanentError:
            return await self._isolate(records)
        except _Exhausted as error:
            if not await self._any_passes(records):  # an outage, not a poisonous record
                self._raise_if_pausing(error)
            return await self._isolate(records)

    async def _any_passes(self, records: Sequence[Record]) -> bool:
        """Try a few records on their own, once."""
        if len(records) == 1:
            return False
        for one in (records[0], records[len(records) // 2], records[-1]):
            try:
                await self._handle([one])
            except Exception as error:
                self._app.logger.warning("still failing", topic=self._topic.name, exc_info=error)
            else:
                return True
        return False

    async def _isolate(self, records: Sequence[Record]) -> list[Refused]:
        """Halve until the culprits stand alone; the rest is handled."""
        try:
            return list(await self._handle(records))
        except Exception as error:
            if len(records) == 1:
                return [Refused(records[0], str(error) or repr(error))]
        middle = len(records) // 2
        return await self._isolate(records[:middle]) + await self._isolate(records[middle:])

    async def _handle_event(self, record: Record, handler: EventHandler[E]) -> None:
        try:
            with self._tracer.event(record):
                event = cast(E, to_event(record, self._topic))
                await self._retry(lambda: handler(event))
        except (PermanentError, _Exhausted) as error:
            self._raise_if_pausing(error)
            await self._dead_letter(record, str(error))

    def _raise_if_pausing(self, error: Exception) -> None:
        if isinstance(error, _Exhausted) and self._topic.on_exhausted == "pause":
            self._app.health.fail(f"paused:{self._topic.name}", str(error))
            raise error

    async def _retry(self, attempt: "Callable[[], Awaitable[T]]") -> "T":
        policy = self._app.retry_policy
        for number in range(policy.attempts_max):
            try:
                result = await attempt()
            except (PermanentError, ConsumerStopped, asyncio.CancelledError):
                raise
            except Exception as error:
                last: Exception = error
                self._app.metrics.retried.labels(self._app.name, self._topic.name).inc()
                self._app.logger.warning(
                    "retry", topic=self._topic.name, attempt=number + 1, exc_info=error
                )
                await asyncio.sleep(policy.pause_seconds(number))
            else:
                self._app.health.clear(f"paused:{self._topic.name}")
                return result
        raise _Exhausted(f"{policy.attempts_max} attempts failed: {last!r}") from last

    async def _dead_letter(self, record: Record, reason: str) -> None:
        """Written before the commit; if this fails, nothing is committed."""
        headers = dict(record.headers) | {
            "pawl-origin-topic": record.topic,
            "pawl-origin-partition": str(record.partition),
            "pawl-origin-offset": str(record.offset),
            "pawl-group": self._app.name,
            "pawl-reason": reason[:2000],
            "pawl-failed-at": self._app.clock.now().isoformat(),
        }
        letter = Message(self._topic.dead_letter_name, record.key, record.value, headers)
        await self._app.deps.log.publish([letter])
        self._dead_at.append(time.monotonic())
        self._app.metrics.dead_lettered.labels(self._app.name, self._topic.name).inc()
        self._app.logger.error("dead letter", topic=record.topic, offset=record.offset, why=reason)
        self._check_limit()

    def _check_limit(self) -> None:
        """Once passed, the limit holds until a restart: a person has to look first."""
        policy = self._app.retry_policy
        horizon = time.monotonic() - policy.dead_letters_window_seconds
        while self._dead_at and self._dead_at[0] < horizon:
            self._dead_at.popleft()
        self._stopped = self._stopped or len(self._dead_at) > policy.dead_letters_max
        if self._stopped:
            text = f"over {policy.dead_letters_max} dead letters in a window: look, then restart"
            self._app.health.fail(f"dead-letters:{self._topic.name}", text)
            raise ConsumerStopped(text)


class _Exhausted(Exception):
    """Every attempt failed."""


T = TypeVar("T")
