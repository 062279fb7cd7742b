"""The one failure policy: every handler of every service is wrapped in it.

Permanent error or invalid message: dead letter, then commit. Transient error: bounded, jittered
retry, then the topic's policy. What the work needs is away: the message waits, it is not committed,
the service says that it is not ready. A dead letter that cannot be written: its message waits too.
Too many dead letters in a window, or half of the last messages failing every attempt, stop the
consumer, so that a bad deploy cannot divert everything.
"""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TypeVar

from libs.contracts.topics import Topic
from libs.eventlog import CutShort, Message, Record
from libs.runtime.errors import PermanentError, TransientError
from libs.runtime.limits import Limits
from libs.runtime.outage import Patience, is_outage, why
from libs.runtime.settings import RuntimeSettings
from libs.runtime.tracing import HandlerTracer

if TYPE_CHECKING:
    from libs.runtime.app import App

T = TypeVar("T")
DELIVERY_SECONDS_MAX = 90.0
"""After so long a delivery ends at its next record: a broker takes whoever is busy with one for
600 s for dead, and would give all of it to the next again."""
PAUSED_SECONDS_MAX = 240.0
"""A paused consumer says so again sooner, even where its last attempts hang: else its partition
has moved to another replica."""


@dataclass(frozen=True)
class RetryPolicy:
    attempts_max: int
    seconds_max: float

    @staticmethod
    def from_settings(settings: RuntimeSettings) -> "RetryPolicy":
        return RetryPolicy(settings.retry_attempts_max, settings.retry_seconds_max)

    def pause_seconds(self, attempt: int) -> float:
        """Full jitter over an exponential cap."""
        return random.uniform(0.02, min(self.seconds_max / 3, 0.1 * 2**attempt))


class ConsumerStopped(CutShort):
    """A limit of dead letters was passed: nothing more is handled until a person looks."""


class Paused(CutShort):
    """The log delivers what is not done again, in a moment."""


class ExhaustedError(Exception):
    """Every attempt failed; the last error is the cause."""


class Consumer(ABC):
    """Deals with deliveries of one topic for one service, one delivery at a time."""

    def __init__(self, app: "App", topic: Topic) -> None:
        self._app = app
        self._topic = topic
        self._done: list[Record] = []
        self._ends_at = 0.0
        settings, monotonic = app.deps.settings, app.clock.monotonic
        self._patience = Patience(settings.outage_seconds_max, monotonic)
        self._limits = Limits(
            settings.dead_letters_max, settings.dead_letters_window_seconds, monotonic
        )
        self._tracer = HandlerTracer(app.name, topic.name)
        app.metrics.expect(topic.name)

    async def deliver(self, records: Sequence[Record]) -> None:
        """The event log's callback: returning commits all, `CutShort` what is done until then."""
        self._done = []
        self._ends_at = self._app.clock.monotonic() + DELIVERY_SECONDS_MAX
        self._check_limits()
        labels = (self._app.name, self._topic.name)
        try:
            with self._app.metrics.handle_seconds.labels(*labels).time():
                await self._deal_with(records)
        finally:
            self._app.metrics.handled.labels(*labels).inc(len(self._done))
        self._app.health.clear(f"paused:{self._topic.name}")

    @abstractmethod
    async def _deal_with(self, records: Sequence[Record]) -> None:
        """Handle every record or set it aside; raise when that cannot be finished."""

    async def _retry(self, attempt: "Callable[[], Awaitable[T]]") -> "T":
        """The result of the first attempt that passes. Raises `ExhaustedError`."""
        policy = self._app.retry_policy
        for number in range(1, policy.attempts_max + 1):
            try:
                return await attempt()
            except (PermanentError, asyncio.CancelledError):
                raise
            except Exception as error:
                self._pause_when_stopping(error)
                last: Exception = error
                self._app.logger.warning(
                    "retry", topic=self._topic.name, attempt=number, **why(error)
                )
            if number == policy.attempts_max or self._in_vain(last):
                break
            self._app.metrics.retried.labels(self._app.name, self._topic.name).inc()
            await asyncio.sleep(policy.pause_seconds(number - 1))
        raise ExhaustedError(f"{number} attempts failed: {last!r}") from last

    def _passed(self, records: Sequence[Record]) -> None:
        """They were handled."""
        self._done += records
        self._limits.handled(len(records))
        for record in records:
            self._patience.forget(record)

    async def _set_aside(self, record: Record, error: PermanentError | ExhaustedError) -> None:
        """Write its dead letter, before the commit; then see whether this still is normal."""
        reason = str(error) or repr(error)
        try:
            await self._app.deps.log.publish([self._letter(record, reason)])
        except Exception as failure:
            self._app.logger.error("no dead letter can be written", **why(failure))
            self._pause(f"no dead letter can be written: {failure!r}", failure)
        self._done.append(record)
        self._patience.forget(record)
        is_bug = isinstance(error, ExhaustedError) and not is_outage(error)
        self._limits.set_aside(exhausted=is_bug)
        self._app.metrics.dead_lettered.labels(self._app.name, self._topic.name).inc()
        self._app.logger.error("dead letter", topic=record.topic, offset=record.offset, why=reason)
        self._check_limits()

    def _letter(self, record: Record, reason: str) -> Message:
        headers = dict(record.headers) | {
            "pawl-origin-topic": record.topic,
            "pawl-origin-partition": str(record.partition),
            "pawl-origin-offset": str(record.offset),
            "pawl-group": self._app.name,
            "pawl-reason": reason[:2000],
            "pawl-failed-at": self._app.clock.now().isoformat(),
        }
        return Message(self._topic.dead_letter_name, record.key, record.value, headers)

    def _pause(self, reason: str, error: Exception) -> NoReturn:
        """What is not done waits; `/readyz` says why."""
        self._app.health.fail(f"paused:{self._topic.name}", reason, PAUSED_SECONDS_MAX)
        raise Paused(reason, self._done) from error

    def _pause_in_outage(self, error: Exception, record: Record, *, lone: bool) -> None:
        """Pause when the record should wait; return when it should be set aside."""
        cause = error.__cause__ or error
        waits = is_outage(cause) and self._patience.lasts(record)
        if self._topic.on_exhausted == "pause":
            # A bug may spoil one record; when it spoils all of them, none is diverted.
            waits = waits or not lone or isinstance(cause, TransientError)
        if waits:
            self._pause(str(error), error)

    def _pause_when_stopping(self, error: Exception) -> None:
        """What fails while the process ends is left to the next one: retries would outlast it."""
        if self._app.health.stopping:
            raise Paused("the service is stopping", self._done) from error

    def _is_late(self) -> bool:
        return self._app.clock.monotonic() >= self._ends_at

    def _in_vain(self, error: Exception) -> bool:
        """Whether to try again in another delivery only: an outage lasts longer than this one."""
        return is_outage(error) and self._is_late()

    def _check_time(self) -> None:
        """Before each record: a delivery that takes long ends behind what it has done, if any."""
        if self._done and self._is_late():
            text = f"late: {len(self._done)} messages are done, the rest waits for its next turn"
            raise CutShort(text, self._done)

    def _check_limits(self) -> None:
        """What the delivery has done is committed: a restart goes on behind it."""
        if broken := self._limits.broken():
            text = f"{broken}: look, then restart"
            self._app.health.fail(f"dead-letters:{self._topic.name}", text)
            raise ConsumerStopped(text, self._done)
