"""A bad deploy diverts little, and no delivery keeps its broker waiting."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from libs.contracts.events import TraceCompleted
from libs.contracts.topics import TRACE_COMPLETED
from libs.eventlog import Message, Record
from libs.runtime import App, Deps, UnavailableError
from libs.runtime.batch_consumer import BatchConsumer, Refused
from libs.runtime.consumer import ConsumerStopped, Paused, RetryPolicy
from libs.runtime.event_consumer import EventConsumer
from libs.runtime.limits import EXHAUSTED_MAX
from libs.testkit.apps import embedded_deps
from libs.testkit.eventlog_suite import eventually
from tests.runtime.consuming import (
    HandClock,
    caught_up,
    completed,
    dead_letters,
    deliver_as_a_log,
    publish,
    records_of,
)

POLL_SECONDS_MAX = 600
"""Kafka takes a consumer for dead that does not come back for so long."""
STOPPED = f"dead-letters:{TRACE_COMPLETED.name}"
PAUSED = f"paused:{TRACE_COMPLETED.name}"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of tracebacks on a console take minutes."""
    with capture_logs():
        yield


@asynccontextmanager
async def _slow(tmp_path: Path, **settings: int) -> AsyncIterator[tuple[Deps, HandClock]]:
    """Attempts take time by the clock of a test, pauses between them none."""
    clock = HandClock()
    async with embedded_deps(
        tmp_path, clock=clock, retry_seconds_max=0.1, dead_letters_max=1000, **settings
    ) as deps:
        yield deps, clock


async def stops(app: App) -> None:
    async def stopped() -> bool:
        return STOPPED in await app.health.problems()

    await eventually(stopped)


async def fails_always(event: TraceCompleted) -> None:
    raise KeyError("a bad deploy")


async def test_a_bug_that_fails_every_event_stops_the_consumer_early(tmp_path: Path) -> None:
    async with embedded_deps(tmp_path) as deps:
        app = App("evaluators", deps)
        app.subscribe(TraceCompleted, fails_always)
        await app.start()
        await publish(deps, *(completed(n) for n in range(60)))
        await stops(app)
        letters = await dead_letters(deps)
        await letters.until(EXHAUSTED_MAX)
        await asyncio.sleep(0.7)  # redelivered meanwhile
        left = await deps.log.lag("evaluators", TRACE_COMPLETED.name)
        problems = await app.health.problems()
        await app.stop()
    assert len(letters.records) == EXHAUSTED_MAX
    assert left == 60 - EXHAUSTED_MAX, "what was set aside is committed, and only that"
    assert "restart" in problems[STOPPED]


async def test_a_bug_that_fails_every_other_event_stops_the_consumer_too(tmp_path: Path) -> None:
    async def fails_for_odd(event: TraceCompleted) -> None:
        if int(event.trace_id, 16) % 2:
            raise KeyError("a bad deploy")

    async with embedded_deps(tmp_path, retry_attempts_max=1) as deps:
        app, clock = App("evaluators", deps), HandClock()
        consumer = EventConsumer(app, TRACE_COMPLETED, fails_for_odd)
        events = [completed(n).model_dump_json().encode() for n in range(100)]
        await deliver_as_a_log(consumer, records_of(*events), clock)
        assert STOPPED in app.health._failures
        letters = await dead_letters(deps)
        await letters.until(EXHAUSTED_MAX)
    assert len(letters.records) == EXHAUSTED_MAX


async def test_a_few_poisonous_events_among_good_ones_stop_nothing(tmp_path: Path) -> None:
    handled: list[int] = []

    async def fails_for_some(event: TraceCompleted) -> None:
        number = int(event.trace_id, 16)
        if number % 4 == 0:
            raise KeyError(number)
        handled.append(number)

    async with embedded_deps(tmp_path, retry_attempts_max=1) as deps:
        app, clock = App("evaluators", deps), HandClock()
        consumer = EventConsumer(app, TRACE_COMPLETED, fails_for_some)
        events = [completed(n).model_dump_json().encode() for n in range(200)]
        await deliver_as_a_log(consumer, records_of(*events), clock)
        letters = await dead_letters(deps)
        await letters.until(50)
        assert STOPPED not in app.health._failures
    assert handled == [n for n in range(200) if n % 4]


async def test_an_outage_without_an_end_is_no_bad_deploy(tmp_path: Path) -> None:
    async def is_away(event: TraceCompleted) -> None:
        raise UnavailableError("no database")

    async with embedded_deps(tmp_path, retry_attempts_max=1, outage_seconds_max=0) as deps:
        app = App("evaluators", deps)
        app.subscribe(TraceCompleted, is_away)
        await app.start()
        await publish(deps, *(completed(n) for n in range(EXHAUSTED_MAX * 2)))
        await eventually(lambda: caught_up(deps))
        assert await app.health.problems() == {}
        await app.stop()


async def test_a_bug_that_fails_every_batch_stops_early_and_each_restart_goes_on_behind(
    tmp_path: Path,
) -> None:
    async def handler(records: Sequence[Record]) -> Sequence[Refused]:
        raise KeyError("a bad deploy")

    async with embedded_deps(tmp_path) as deps:
        await deps.log.publish([Message(TRACE_COMPLETED.name, b"k", b"%d" % n) for n in range(100)])
        for _ in range(2):
            app = App("evaluators", deps)
            app.subscribe_batch(TRACE_COMPLETED, handler, batch_max=500, batch_wait_seconds=0.01)
            await app.start()
            await stops(app)
            await app.stop()
        left = await deps.log.lag("evaluators", TRACE_COMPLETED.name)
        letters = await dead_letters(deps)
        await letters.until(2 * EXHAUSTED_MAX)
        await asyncio.sleep(0.2)
    assert letters.values == [b"%d" % n for n in range(2 * EXHAUSTED_MAX)], "each once, in order"
    assert left == 100 - 2 * EXHAUSTED_MAX


class SlowBatches:
    """A store that takes its time, and fails for whatever holds a bad record."""

    def __init__(self, clock: HandClock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self.handled: set[int] = set()

    async def __call__(self, records: Sequence[Record]) -> Sequence[Refused]:
        self._clock.seconds += self._seconds
        if any(one.value == b"bad" for one in records):
            raise KeyError("bad")
        self.handled |= {one.offset for one in records}
        return ()


@pytest.mark.parametrize("seconds", [0.5, 10.0])
async def test_taking_a_batch_apart_never_takes_longer_than_a_broker_waits(
    tmp_path: Path, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RetryPolicy, "pause_seconds", lambda *_: 0.0)
    records = records_of(*(b"good" if n % 5 in {1, 2, 4} else b"bad" for n in range(500)))
    async with _slow(tmp_path) as (deps, clock):
        handler = SlowBatches(clock, seconds)
        app = App("evaluators", deps)
        consumer = BatchConsumer(app, TRACE_COMPLETED, handler)
        took = await deliver_as_a_log(consumer, records, clock)
        assert STOPPED not in app.health._failures, "fewer than half are bad"
        letters = await dead_letters(deps)
        await letters.until(200)
        await asyncio.sleep(0.2)
    assert max(took) < POLL_SECONDS_MAX / 2
    assert handler.handled == {one.offset for one in records if one.value == b"good"}
    places = [int(one.headers["pawl-origin-offset"]) for one in letters.records]
    assert places == [one.offset for one in records if one.value == b"bad"], "each set aside once"


async def test_slow_events_are_committed_while_the_rest_waits(tmp_path: Path) -> None:
    handled: list[str] = []
    async with _slow(tmp_path) as (deps, clock):

        async def handler(event: TraceCompleted) -> None:
            clock.seconds += 40
            handled.append(event.trace_id)

        consumer = EventConsumer(App("evaluators", deps), TRACE_COMPLETED, handler)
        events = [completed(n).model_dump_json().encode() for n in range(20)]
        took = await deliver_as_a_log(consumer, records_of(*events), clock)
    assert max(took) < POLL_SECONDS_MAX / 2
    assert len(handled) == 20, "nothing is done twice"


async def test_an_outage_in_which_each_attempt_hangs_keeps_no_delivery_long_and_stays_visible(
    tmp_path: Path,
) -> None:
    async with _slow(tmp_path, retry_attempts_max=6) as (deps, clock):
        app = App("evaluators", deps)

        async def hangs(records: Sequence[Record]) -> Sequence[Refused]:
            clock.seconds += 60
            if clock.seconds > 600:
                assert PAUSED in await app.health.problems()
            raise UnavailableError("no answer in 60 s")

        consumer = BatchConsumer(app, TRACE_COMPLETED, hangs)
        while clock.seconds < 800:
            began = clock.seconds
            with pytest.raises(Paused):
                await consumer.deliver(records_of(*[b"x"] * 500))
            assert clock.seconds - began < POLL_SECONDS_MAX / 2
            clock.seconds += 1


async def test_a_pause_commits_what_was_done_before_it(tmp_path: Path) -> None:
    async def handler(event: TraceCompleted) -> None:
        if event.trace_id == f"{2:032x}":
            raise UnavailableError("away from now on")

    async with embedded_deps(tmp_path) as deps:
        consumer = EventConsumer(App("evaluators", deps), TRACE_COMPLETED, handler)
        records = records_of(*(completed(n).model_dump_json().encode() for n in range(4)))
        with pytest.raises(Paused) as paused:
            await consumer.deliver(records)
    assert paused.value.done == records[:2]


async def test_once_stopped_a_consumer_handles_nothing(tmp_path: Path) -> None:
    async with embedded_deps(tmp_path, retry_attempts_max=1) as deps:
        consumer = EventConsumer(App("evaluators", deps), TRACE_COMPLETED, fails_always)
        records = records_of(*(completed(n).model_dump_json().encode() for n in range(40)))
        with pytest.raises(ConsumerStopped) as first:
            await consumer.deliver(records)
        with pytest.raises(ConsumerStopped) as second:
            await consumer.deliver(records)
    assert first.value.done == records[:EXHAUSTED_MAX]
    assert second.value.done == []
