"""The one failure policy: every handler of every service is wrapped in it.

Permanent error or invalid message: dead letter, then commit. Transient error: bounded, jittered
retry, then the topic's policy. What the work needs is away: the message waits, nothing is
committed, the service says that it is not ready. A failed dead-letter write commits nothing. Too
many dead letters in a window stop the consumer, so that a bad deploy cannot divert everything.
"""

import asyncio
import random
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from libs.contracts.topics import Topic
from libs.eventlog import CutShort, Message, Record
from libs.runtime.errors import PermanentError, TransientError
from libs.runtime.outage import Patience, is_outage, why
from libs.runtime.settings import RuntimeSettings
from libs.runtime.tracing import HandlerTracer

if TYPE_CHECKING:
    from libs.runtime.app import App

T = TypeVar("T")


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


class ConsumerStopped(CutShort):
    """The dead-letter limit was passed: nothing more is handled until a person looks."""


class Paused(CutShort):
    """Nothing is committed; the log delivers the same records again."""


class ExhaustedError(Exception):
    """Every attempt failed; the last error is the cause."""


class Consumer(ABC):
    """Deals with deliveries of one topic for one service."""

    def __init__(self, app: "App", topic: Topic) -> None:
        self._app = app
        self._topic = topic
        self._dead_at: deque[float] = deque()
        self._set_aside: set[tuple[int, int]] = set()
        self._stopped = False
        self._patience = Patience(app.deps.settings.outage_seconds_max, app.clock.monotonic)
        self._tracer = HandlerTracer(app.name, topic.name)

    async def deliver(self, records: Sequence[Record]) -> None:
        """The event log's callback: returning commits, raising does not."""
        self._check_limit(done=())
        labels = (self._app.name, self._topic.name)
        with self._app.metrics.handle_seconds.labels(*labels).time():
            await self._deal_with(records)
        self._set_aside.clear()
        self._app.health.clear(f"paused:{self._topic.name}")
        self._app.metrics.handled.labels(*labels).inc(len(records))

    @abstractmethod
    async def _deal_with(self, records: Sequence[Record]) -> None:
        """Handle every record or set it aside; raise when that cannot be finished."""

    def _pause_in_outage(self, error: Exception, record: Record, *, lone: bool) -> None:
        """Raise `Paused` when the record should wait; return when it should be set aside."""
        cause = error.__cause__ or error
        waits = is_outage(cause) and self._patience.lasts(record)
        if self._topic.on_exhausted == "pause":
            # A bug may spoil one record; when it spoils all of them, none is diverted.
            waits = waits or not lone or isinstance(cause, TransientError)
        if waits:
            self._app.health.fail(f"paused:{self._topic.name}", str(error))
            raise Paused(str(error)) from error

    def _pause_when_stopping(self, error: Exception) -> None:
        """What fails while the process ends is left to the next one: retries would outlast it."""
        if self._app.health.stopping:
            raise Paused("the service is stopping") from error

    async def _retry(self, attempt: "Callable[[], Awaitable[T]]") -> "T":
        """The result of the first attempt that passes. Raises `ExhaustedError`."""
        policy = self._app.retry_policy
        for number in range(policy.attempts_max):
            try:
                return await attempt()
            except (PermanentError, asyncio.CancelledError):
                raise
            except Exception as error:
                self._pause_when_stopping(error)
                last: Exception = error
                self._app.metrics.retried.labels(self._app.name, self._topic.name).inc()
                self._app.logger.warning(
                    "retry", topic=self._topic.name, attempt=number + 1, **why(error)
                )
                await asyncio.sleep(policy.pause_seconds(number))
        raise ExhaustedError(f"{policy.attempts_max} attempts failed: {last!r}") from last

    async def _dead_letter(self, record: Record, reason: str) -> None:
        """Written before the commit; if this fails, nothing is committed."""
        if record.place in self._set_aside:  # a later record of its delivery failed: it came again
            return
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
        self._set_aside.add(record.place)
        self._patience.forget(record)
        self._dead_at.append(time.monotonic())
        self._app.metrics.dead_lettered.labels(self._app.name, self._topic.name).inc()
        self._app.logger.error("dead letter", topic=record.topic, offset=record.offset, why=reason)

    def _check_limit(self, done: Sequence[Record]) -> None:
        """Once passed, the limit holds until a restart: a person has to look first.

        What the delivery has `done` is committed: a restart goes on behind it.
        """
        policy = self._app.retry_policy
        horizon = time.monotonic() - policy.dead_letters_window_seconds
        while self._dead_at and self._dead_at[0] < horizon:
            self._dead_at.popleft()
        self._stopped = self._stopped or len(self._dead_at) > policy.dead_letters_max
        if self._stopped:
            text = f"over {policy.dead_letters_max} dead letters in a window: look, then restart"
            self._app.health.fail(f"dead-letters:{self._topic.name}", text)
            raise ConsumerStopped(text, done)
