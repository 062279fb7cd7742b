"""Events to consume, and what became of them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from libs.contracts.events import TraceCompleted
from libs.contracts.topics import TRACE_COMPLETED
from libs.eventlog import CutShort, Record
from libs.eventlog.port import committable
from libs.runtime import App, Deps
from libs.runtime.consumer import Consumer, ConsumerStopped
from libs.testkit.eventlog_suite import Collector

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def completed(number: int) -> TraceCompleted:
    return TraceCompleted(
        project="p",
        trace_id=f"{number:032x}",
        root_name="r",
        started_at=NOW,
        ended_at=NOW,
        span_count=1,
        error_count=0,
    )


async def publish(deps: Deps, *events: TraceCompleted) -> None:
    await App("traces", deps).publish(events)


async def dead_letters(deps: Deps, topic: str = TRACE_COMPLETED.dead_letter_name) -> Collector:
    seen = Collector()
    await deps.log.subscribe(topic, "test", seen)
    return seen


async def caught_up(deps: Deps, topic: str = TRACE_COMPLETED.name) -> bool:
    return await deps.log.lag("evaluators", topic) == 0


class HandClock:
    """Its seconds pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return self.seconds


def records_of(*values: bytes) -> list[Record]:
    """One partition of completed traces."""
    return [
        Record(TRACE_COMPLETED.name, b"k", value, offset=offset)
        for offset, value in enumerate(values)
    ]


async def deliver_as_a_log(
    consumer: Consumer, records: Sequence[Record], clock: HandClock
) -> list[float]:
    """Again what is not committed, until all is or the consumer stops; seconds of each delivery."""
    left, seconds = list(records), []
    while left:
        began = clock.seconds
        try:
            await consumer.deliver(left)
        except ConsumerStopped:
            return seconds
        except CutShort as cut:
            left = left[len(committable(left, cut)) :]
        else:
            left = []
        seconds.append(clock.seconds - began)
    return seconds
