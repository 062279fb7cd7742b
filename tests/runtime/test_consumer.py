"""The one failure policy, on a real embedded log."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from libs.contracts.events import TraceCompleted
from libs.contracts.topics import TRACE_COMPLETED
from libs.eventlog import Message
from libs.runtime import App, PermanentError, TransientError
from libs.runtime.consumer import RetryPolicy
from libs.runtime.event_consumer import EventConsumer
from libs.testkit.apps import embedded_deps
from libs.testkit.eventlog_suite import eventually
from tests.runtime.consuming import caught_up, completed, dead_letters, publish, records_of


async def test_a_transient_error_is_retried_until_it_passes(tmp_path: Path) -> None:
    tries: list[str] = []

    async def handler(event: TraceCompleted) -> None:
        tries.append(event.trace_id)
        if len(tries) < 3:
            raise TransientError("not yet")

    async with embedded_deps(tmp_path) as deps:
        app = App("evaluators", deps)
        app.subscribe(TraceCompleted, handler)
        await app.start()
        await publish(deps, completed(1))
        await eventually(lambda: caught_up(deps))
        letters = await dead_letters(deps)
        await asyncio.sleep(0.2)
        await app.stop()
    assert len(tries) == 3
    assert letters.records == []


@pytest.mark.parametrize("error", [PermanentError("never"), TransientError("always"), KeyError()])
async def test_what_cannot_be_handled_becomes_a_dead_letter_and_the_rest_goes_on(
    tmp_path: Path, error: Exception
) -> None:
    handled: list[str] = []

    async def handler(event: TraceCompleted) -> None:
        if event.trace_id == f"{2:032x}":
            raise error
        handled.append(event.trace_id)

    async with embedded_deps(tmp_path) as deps:
        app = App("evaluators", deps)
        app.subscribe(TraceCompleted, handler)
        await app.start()
        await publish(deps, completed(1), completed(2), completed(3))
        letters = await dead_letters(deps)
        await letters.until(1)
        await eventually(lambda: caught_up(deps))
        await app.stop()
    assert sorted(handled) == [f"{1:032x}", f"{3:032x}"]
    headers = letters.records[0].headers
    assert headers["pawl-origin-topic"] == TRACE_COMPLETED.name
    assert headers["pawl-group"] == "evaluators"
    assert int(headers["pawl-origin-offset"]) >= 0
    assert headers["pawl-reason"]


async def test_nobody_waits_after_the_last_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[int] = []

    def pause_seconds(policy: RetryPolicy, attempt: int) -> float:
        pauses.append(attempt)
        return 0.0

    async def handler(event: TraceCompleted) -> None:
        raise KeyError

    monkeypatch.setattr(RetryPolicy, "pause_seconds", pause_seconds)
    async with embedded_deps(tmp_path, retry_attempts_max=4) as deps:
        app = App("evaluators", deps)
        consumer = EventConsumer(app, TRACE_COMPLETED, handler)
        await consumer.deliver(records_of(completed(1).model_dump_json().encode()))
    assert pauses == [0, 1, 2]
    assert 'retried_total{service="evaluators",topic="trace-completed-v1"} 3.0' in _exposed(app)


async def test_what_alerts_watch_is_there_before_it_happens(tmp_path: Path) -> None:
    """`increase()` over a series that is born at 1 is 0."""

    async def handler(event: TraceCompleted) -> None:
        raise AssertionError("never called")

    async with embedded_deps(tmp_path) as deps:
        app = App("evaluators", deps)
        app.subscribe(TraceCompleted, handler)
        for name in ("dead_lettered", "retried", "handled"):
            series = (
                f'pawl_messages_{name}_total{{service="evaluators",topic="trace-completed-v1"}}'
            )
            assert f"{series} 0.0" in _exposed(app)


def _exposed(app: App) -> str:
    return generate_latest(app.metrics.registry).decode()


async def test_a_message_that_cannot_be_parsed_becomes_a_dead_letter(tmp_path: Path) -> None:
    async def handler(event: TraceCompleted) -> None:
        raise AssertionError("must not be called")

    async with embedded_deps(tmp_path) as deps:
        app = App("evaluators", deps)
        app.subscribe(TraceCompleted, handler)
        await app.start()
        await deps.log.publish([Message(TRACE_COMPLETED.name, b"k", b"{not json")])
        letters = await dead_letters(deps)
        await letters.until(1)
        await app.stop()
    assert letters.values == [b"{not json"]
    assert "TraceCompleted" in letters.records[0].headers["pawl-reason"]


async def test_a_failing_dead_letter_write_commits_nothing(tmp_path: Path) -> None:
    async def handler(event: TraceCompleted) -> None:
        raise PermanentError("bad")

    async with embedded_deps(tmp_path) as deps:
        app = App("evaluators", deps)
        app.subscribe(TraceCompleted, handler)
        publish_for_real, refused = deps.log.publish, []

        async def no_letters(messages: Sequence[Message]) -> None:
            if any(m.topic.endswith("dead-letter") for m in messages):
                refused.append(messages)
                raise OSError("disk full")
            await publish_for_real(messages)

        deps.log.publish = no_letters  # type: ignore[method-assign]
        await app.start()
        await publish(deps, completed(1))

        async def tried_twice() -> bool:
            return len(refused) >= 2

        await eventually(tried_twice)
        assert await deps.log.lag("evaluators", TRACE_COMPLETED.name) == 1
        problems = await app.health.problems()
        await app.stop()
    assert "disk full" in problems[f"paused:{TRACE_COMPLETED.name}"]


async def test_too_many_dead_letters_stop_the_consumer_and_make_it_unready(
    tmp_path: Path,
) -> None:
    async def handler(event: TraceCompleted) -> None:
        raise PermanentError("a bad deploy")

    async with embedded_deps(tmp_path, dead_letters_max=3) as deps:
        app = App("evaluators", deps)
        app.subscribe(TraceCompleted, handler)
        await app.start()
        await publish(deps, *(completed(n) for n in range(50)))

        async def unready() -> bool:
            return "dead-letters:trace-completed-v1" in await app.health.problems()

        await eventually(unready)
        letters = await dead_letters(deps)
        await letters.until(4)
        await asyncio.sleep(1.2)
        left = await deps.log.lag("evaluators", TRACE_COMPLETED.name)
        await app.stop()
    assert len(letters.records) == 4
    assert left == 50 - 4, "what was set aside is committed, and only that"


async def test_an_undeclared_producer_or_consumer_is_refused(tmp_path: Path) -> None:
    async with embedded_deps(tmp_path) as deps:
        with pytest.raises(ValueError, match="producer"):
            await App("console", deps).publish([completed(1)])
        with pytest.raises(ValueError, match="consumer"):
            App("console", deps).subscribe(TraceCompleted, publish)  # type: ignore[arg-type]
