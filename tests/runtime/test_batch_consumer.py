"""The failure policy for records that are handled many at once."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from libs.contracts.topics import OTLP_SPANS, TRACE_COMPLETED
from libs.eventlog import Message, Record
from libs.runtime import App, Deps, PermanentError, TransientError
from libs.runtime.batch_consumer import Refused
from libs.testkit.apps import embedded_deps
from libs.testkit.eventlog_suite import eventually
from tests.runtime.consuming import completed, dead_letters, publish


async def test_a_batch_with_more_bad_records_than_the_limit_is_passed_restart_by_restart(
    tmp_path: Path,
) -> None:
    async def handler(records: Sequence[Record]) -> Sequence[Refused]:
        handled.update(one.value for one in records if one.value != b"bad")
        return [Refused(one, "a bad deploy") for one in records if one.value == b"bad"]

    handled: set[bytes] = set()
    values = [b"bad" if n % 5 else b"good %d" % n for n in range(25)]
    restarts = 0
    async with embedded_deps(tmp_path, dead_letters_max=3) as deps:
        await deps.log.publish([Message(OTLP_SPANS.name, b"k", value) for value in values])
        while not await _lag_zero(deps):
            app = App("traces", deps)
            app.subscribe_batch(OTLP_SPANS, handler, batch_max=100, batch_wait_seconds=0.01)
            await app.start()

            async def stopped_or_done(app: App = app) -> bool:
                problems = await app.health.problems()
                return "dead-letters:otlp_spans" in problems or await _lag_zero(deps)

            await eventually(stopped_or_done)
            await app.stop()
            restarts += 1
        letters = await dead_letters(deps, OTLP_SPANS.dead_letter_name)
        await letters.until(20)
        await asyncio.sleep(0.2)
    places = [int(one.headers["pawl-origin-offset"]) for one in letters.records]
    assert places == [n for n, value in enumerate(values) if value == b"bad"], "each set aside once"
    assert handled == {value for value in values if value != b"bad"}
    assert restarts == 20 // 4


async def test_a_poisonous_record_in_a_batch_is_found_and_set_aside_alone(tmp_path: Path) -> None:
    stored: set[bytes] = set()

    async def handler(records: Sequence[Record]) -> Sequence[Refused]:
        if any(r.value == b"poison" for r in records):
            raise PermanentError("one of these")
        stored.update(r.value for r in records)
        return ()

    async with embedded_deps(tmp_path) as deps:
        app = App("traces", deps)
        app.subscribe_batch(OTLP_SPANS, handler, batch_max=100, batch_wait_seconds=0.01)
        values = [b"a", b"b", b"poison", b"c"]
        await deps.log.publish([Message(OTLP_SPANS.name, v, v) for v in values])
        letters = await dead_letters(deps, OTLP_SPANS.dead_letter_name)
        await app.start()
        await letters.until(1)

        async def all_stored() -> bool:
            return stored == {b"a", b"b", b"c"}

        await eventually(all_stored)
        await app.stop()
    assert letters.values == [b"poison"]


async def test_the_door_topic_pauses_instead_of_losing_spans(tmp_path: Path) -> None:
    broken = True

    async def handler(records: Sequence[Record]) -> Sequence[Refused]:
        if broken:
            raise TransientError("store is away")
        return ()

    async with embedded_deps(tmp_path) as deps:
        app = App("traces", deps)
        app.subscribe_batch(OTLP_SPANS, handler, batch_max=100, batch_wait_seconds=0.01)
        await app.start()
        await deps.log.publish([Message(OTLP_SPANS.name, b"k", b"v")])

        async def unready() -> bool:
            return "paused:otlp_spans" in await app.health.problems()

        await eventually(unready)
        assert await deps.log.lag("traces", OTLP_SPANS.name) == 1
        broken = False
        await eventually(lambda: _lag_zero(deps))
        assert await app.health.problems() == {}
        await app.stop()


async def _lag_zero(deps: Deps) -> bool:
    return await deps.log.lag("traces", OTLP_SPANS.name) == 0


async def test_an_outage_does_not_divert_a_whole_batch(tmp_path: Path) -> None:
    calls = 0

    async def handler(records: Sequence[Record]) -> Sequence[Refused]:
        nonlocal calls
        calls += 1
        raise TransientError("store is away")

    async with embedded_deps(tmp_path) as deps:
        app = App("traces", deps)
        app.subscribe_batch(OTLP_SPANS, handler, batch_max=500, batch_wait_seconds=0.01)
        await deps.log.publish([Message(OTLP_SPANS.name, b"%d" % n, b"v") for n in range(500)])
        await app.start()

        async def unready() -> bool:
            return "paused:otlp_spans" in await app.health.problems()

        await eventually(unready)
        assert calls < 30
        assert await deps.log.lag("traces", OTLP_SPANS.name) == 500
        await app.stop()


async def test_what_fails_while_the_service_stops_is_left_for_the_next_start(
    tmp_path: Path,
) -> None:
    began = asyncio.Event()

    async def handler(records: Sequence[Record]) -> Sequence[Refused]:
        began.set()
        while not app.health.stopping:
            await asyncio.sleep(0.01)
        raise ConnectionError("already gone")

    async with embedded_deps(tmp_path, retry_attempts_max=50, retry_seconds_max=30) as deps:
        app = App("evaluators", deps)
        app.subscribe_batch(TRACE_COMPLETED, handler, batch_max=8, batch_wait_seconds=0)
        await app.start()
        await publish(deps, *(completed(number) for number in range(8)))
        await began.wait()
        async with asyncio.timeout(30):  # its retries would take many minutes
            await app.stop()
        assert await deps.log.lag("evaluators", TRACE_COMPLETED.name) == 8
