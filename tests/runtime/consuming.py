"""Events to consume, and what became of them."""

from datetime import UTC, datetime

from libs.contracts.events import TraceCompleted
from libs.contracts.topics import TRACE_COMPLETED
from libs.runtime import App, Deps
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
