"""What the work needs is away: messages wait, nothing is set aside, readiness says so."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from libs.contracts.events import TraceCompleted
from libs.contracts.topics import EVALUATION_RECORDED, OTLP_SPANS, TRACE_COMPLETED
from libs.eventlog import Message, Record
from libs.runtime import App, Deps, PermanentError, TransientError, UnavailableError
from libs.runtime.batch_consumer import BatchConsumer, Refused
from libs.runtime.consumer import PAUSED_SECONDS_MAX, Paused
from libs.runtime.event_consumer import EventConsumer
from libs.testkit.apps import embedded_deps
from libs.testkit.eventlog_suite import Collector, eventually
from tests.runtime.consuming import (
    HandClock,
    caught_up,
    completed,
    dead_letters,
    publish,
    records_of,
)

AWAY = [UnavailableError("no database"), ConnectionRefusedError(), httpx.ConnectError("refused")]


class Dependency:
    """Something that can be away."""

    def __init__(self, error: Exception) -> None:
        self.error: Exception | None = error
        self.handled: list[str] = []

    async def handle(self, event: TraceCompleted) -> None:
        if self.error:
            raise self.error
        self.handled.append(event.trace_id)


async def paused(app: App) -> bool:
    return f"paused:{TRACE_COMPLETED.name}" in await app.health.problems()


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
async def test_messages_wait_for_the_end_of_an_outage_and_none_is_set_aside(
    tmp_path: Path, error: Exception
) -> None:
    async with embedded_deps(tmp_path) as deps:
        app, dependency = App("evaluators", deps), Dependency(error)
        app.subscribe(TraceCompleted, dependency.handle)
        await app.start()
        await publish(deps, *(completed(n) for n in range(20)))
        await eventually(lambda: paused(app))
        dependency.error = None
        await eventually(lambda: caught_up(deps))
        letters = await dead_letters(deps)
        await asyncio.sleep(0.2)
        problems = await app.health.problems()
        await app.stop()
    assert set(dependency.handled) == {f"{n:032x}" for n in range(20)}
    assert letters.records == []
    assert problems == {}


async def test_a_cause_tells_of_an_outage_too(tmp_path: Path) -> None:
    try:
        try:
            raise httpx.ReadTimeout("slow")
        except httpx.ReadTimeout as cause:
            raise TransientError("traces does not answer") from cause
    except TransientError as wrapped:
        error = wrapped
    async with embedded_deps(tmp_path) as deps:
        app, dependency = App("evaluators", deps), Dependency(error)
        app.subscribe(TraceCompleted, dependency.handle)
        await app.start()
        await publish(deps, completed(1))
        await eventually(lambda: paused(app))
        await app.stop()
    assert dependency.handled == []


async def test_one_message_does_not_wait_for_ever(tmp_path: Path) -> None:
    async with embedded_deps(tmp_path, outage_seconds_max=0.3) as deps:
        app, seen = App("evaluators", deps), []

        async def handle(event: TraceCompleted) -> None:
            if event.trace_id == f"{1:032x}":
                raise UnavailableError("always, for this one")
            seen.append(event.trace_id)

        app.subscribe(TraceCompleted, handle)
        await app.start()
        await publish(deps, *(completed(n) for n in range(3)))
        letters = await dead_letters(deps)
        await letters.until(1)
        await eventually(lambda: caught_up(deps))
        await app.stop()
    assert "always, for this one" in letters.records[0].headers["pawl-reason"]
    assert set(seen) == {f"{0:032x}", f"{2:032x}"}


async def test_a_dead_letter_is_written_once_however_often_its_delivery_comes(
    tmp_path: Path,
) -> None:
    dependency = Dependency(UnavailableError("away"))

    async def handle(event: TraceCompleted) -> None:
        if event.trace_id == f"{1:032x}":
            raise PermanentError("never")
        await dependency.handle(event)

    async with embedded_deps(tmp_path) as deps:
        await publish(deps, *(completed(n) for n in range(1, 9)))
        app = App("evaluators", deps)
        app.subscribe(TraceCompleted, handle)
        letters = await dead_letters(deps)
        await app.start()
        await letters.until(1)
        await eventually(lambda: paused(app))
        await asyncio.sleep(1.2)  # redelivered meanwhile
        dependency.error = None
        await eventually(lambda: caught_up(deps))
        await asyncio.sleep(0.2)
        await app.stop()
    assert len(letters.records) == 1


async def test_an_outage_that_comes_and_goes_sets_no_part_of_a_batch_aside(
    tmp_path: Path,
) -> None:
    """While a failed batch is taken apart, the store is there for one record and not the next."""
    calls = 0
    stored: set[bytes] = set()

    async def handle(records: Sequence[Record]) -> Sequence[Refused]:
        nonlocal calls
        calls += 1
        if calls % 3 and calls < 60:
            raise UnavailableError("away again")
        if len(records) > 1 and calls < 60:
            raise UnavailableError("away again")
        stored.update(record.value for record in records)
        return ()

    async with embedded_deps(tmp_path, retry_attempts_max=2) as deps:
        values = [b"%d" % n for n in range(8)]
        await deps.log.publish([Message(OTLP_SPANS.name, v, v) for v in values])
        app = App("traces", deps)
        app.subscribe_batch(OTLP_SPANS, handle, batch_max=100, batch_wait_seconds=0.01)
        await app.start()
        await eventually(lambda: _lag_zero(deps))
        letters = await dead_letters(deps, OTLP_SPANS.dead_letter_name)
        await asyncio.sleep(0.2)
        await app.stop()
    assert stored == set(values)
    assert letters.records == []


async def _lag_zero(deps: Deps) -> bool:
    return await deps.log.lag("traces", OTLP_SPANS.name) == 0


async def test_a_bug_that_one_span_brings_out_sets_that_span_aside(tmp_path: Path) -> None:
    async def handle(records: Sequence[Record]) -> Sequence[Refused]:
        if any(record.value == b"poison" for record in records):
            raise RecursionError
        return ()

    async with embedded_deps(tmp_path) as deps:
        app = App("traces", deps)
        app.subscribe_batch(OTLP_SPANS, handle, batch_max=100, batch_wait_seconds=0.01)
        await app.start()
        await deps.log.publish([Message(OTLP_SPANS.name, b"k", b"poison")])
        letters = await dead_letters(deps, OTLP_SPANS.dead_letter_name)
        await letters.until(1)
        await app.stop()
    assert "RecursionError" in letters.records[0].headers["pawl-reason"]


async def test_a_service_waits_at_its_start_for_what_is_away(tmp_path: Path) -> None:
    tries = 0

    async def connect() -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise UnavailableError("the database is away")

    async with embedded_deps(tmp_path) as deps:
        app = App("evaluators", deps)
        app.on_start(connect)
        starting = asyncio.create_task(app.start())
        await asyncio.sleep(0.1)
        early = await app.health.problems()
        await starting
        late = await app.health.problems()
        await app.stop()
    assert early == {"start": "not started yet", "waiting": "the database is away"}
    assert late == {}


async def test_readiness_for_requests_leaves_out_what_only_keeps_messages_waiting(
    tmp_path: Path,
) -> None:
    async with embedded_deps(tmp_path) as deps:
        app = App("evaluators", deps)
        await app.start()
        app.health.fail(f"paused:{EVALUATION_RECORDED.name}", "traces is away")
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app.api), base_url="http://x"
        ) as client:
            everything = await client.get("/readyz")
            requests = await client.get("/readyz?work=requests")
            metrics = await client.get("/metrics")
        await app.stop()
    assert everything.status_code == 503
    assert "traces is away" in everything.text
    assert requests.status_code == 200
    assert 'pawl_ready{service="evaluators"} 0.0' in metrics.text


async def test_a_pause_is_over_when_its_partition_has_moved_away(tmp_path: Path) -> None:
    clock, dependency = HandClock(), Dependency(UnavailableError("away"))
    async with embedded_deps(tmp_path, clock=clock) as deps:
        app = App("evaluators", deps)
        app.health.started = True
        consumer = EventConsumer(app, TRACE_COMPLETED, dependency.handle)
        records = records_of(completed(1).model_dump_json().encode())
        for _ in range(3):  # said again with each delivery, it lasts
            with pytest.raises(Paused):
                await consumer.deliver(records)
            clock.seconds += PAUSED_SECONDS_MAX - 1
            assert await paused(app)
        clock.seconds += 1
        assert await app.health.problems() == {}, "nothing was delivered here for so long"


async def test_a_batch_that_waited_is_forgotten_when_it_passes(tmp_path: Path) -> None:
    is_away = True

    async def handle(records: Sequence[Record]) -> Sequence[Refused]:
        if is_away:
            raise UnavailableError("away")
        return ()

    async with embedded_deps(tmp_path, retry_attempts_max=1) as deps:
        consumer = BatchConsumer(App("evaluators", deps), TRACE_COMPLETED, handle)
        with pytest.raises(Paused):
            await consumer.deliver(records_of(b"1", b"2"))
        is_away = False
        await consumer.deliver(records_of(b"1", b"2"))
    assert consumer._patience._since == {}, "a consumer runs for months"


async def test_a_probe_that_hangs_makes_unready_instead_of_hanging(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang() -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr("libs.runtime.health.PROBE_SECONDS_MAX", 0.1)
    async with embedded_deps(tmp_path) as deps:
        app = App("evaluators", deps)
        await app.start()
        app.health.probes["slow"] = hang  # type: ignore[assignment]
        assert "no answer" in (await app.health.problems())["slow"]
        await app.stop()


async def test_a_flood_leaves_a_letter_for_each_message_that_was_committed(tmp_path: Path) -> None:
    async def handler(event: TraceCompleted) -> None:
        raise PermanentError("a bad deploy")

    async with embedded_deps(tmp_path, dead_letters_max=3) as deps:
        app, letters = App("evaluators", deps), Collector()
        app.subscribe(TraceCompleted, handler)
        await deps.log.subscribe(TRACE_COMPLETED.dead_letter_name, "t", letters)
        await publish(deps, *(completed(n) for n in range(50)))
        await app.start()
        await letters.until(4)
        await asyncio.sleep(0.7)
        left = await deps.log.lag("evaluators", TRACE_COMPLETED.name)
        await app.stop()
    origins = {
        (r.headers["pawl-origin-partition"], r.headers["pawl-origin-offset"])
        for r in letters.records
    }
    assert len(origins) == len(letters.records)
    assert left + len(origins) >= 50
