"""The working table: races between instances and between touch and publish, on both databases."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from libs.contracts.events import TraceCompleted
from libs.runtime import App
from libs.storage import Database
from libs.testkit.apps import embedded_deps
from services.traces.adapters.completion import ORPHANED_MS, CompletionTable
from services.traces.domain.completion import Touch, TraceKey, Tracked, Waits

KEY = TraceKey("demo", "0" * 31 + "1")
ROOT, CHILD = Touch(KEY, root_seen=True), Touch(KEY, root_seen=False)
WAITS = Waits(quiet_ms=100, open_max_ms=1000)


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").url
    async with embedded_deps(tmp_path, database_url=url) as deps:
        app = App("traces", deps)
        database = Database.for_service(app, "services.traces.migrations")
        await app.start()
        async with database.transaction() as tx:
            await tx.execute(text("DELETE FROM trace_state"))
        yield database
        await app.stop()


def table(database: Database, owner: str = "me") -> CompletionTable:
    return CompletionTable(database, WAITS, owner)


def event(tracked: Tracked, span_count: int = 1) -> TraceCompleted:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return TraceCompleted(
        project=tracked.key.project,
        trace_id=tracked.key.trace_id,
        root_name="r",
        started_at=now,
        ended_at=now,
        span_count=span_count,
        error_count=0,
        revision=tracked.revision + 1,
    )


async def test_a_trace_is_due_after_quiet_once_its_root_was_seen(database: Database) -> None:
    traces = table(database)
    await traces.touch([CHILD], 1000)
    assert await traces.due(1900, 10) == []
    await traces.touch([ROOT], 1500)
    assert await traces.due(1599, 10) == []
    [due] = await traces.due(1600, 10)
    assert (due.key, due.due_ms, due.touches) == (KEY, 1600, 2)


async def test_without_a_root_the_longest_wait_counts_from_the_first_span(
    database: Database,
) -> None:
    traces = table(database)
    await traces.touch([CHILD], 1000)
    await traces.touch([CHILD], 1900)
    assert await traces.due(1999, 10) == []
    assert len(await traces.due(2000, 10)) == 1


async def test_a_clock_that_is_put_back_holds_nothing_up(database: Database) -> None:
    traces, other = table(database), table(database, "other")
    await traces.touch([ROOT], 10_000_000)
    await other.touch([Touch(TraceKey("demo", "2" * 32), root_seen=True)], 10_000_000)
    assert [one.key for one in await traces.due(5_000_000, 10)] == [
        KEY,
        TraceKey("demo", "2" * 32),
    ]
    assert await traces.due(9_999_900, 10) == [], "a trimmed clock, or another machine's"
    assert [one.key for one in await other.due(9_995_000, 10)] == [TraceKey("demo", "2" * 32)]
    [tracked, _] = await traces.due(5_000_000, 10)
    await traces.publish([(tracked, None, "f")])
    assert KEY not in [one.key for one in await traces.due(5_000_000, 10)]


async def test_a_trace_touched_while_it_is_published_stays_open(database: Database) -> None:
    traces = table(database)
    await traces.touch([ROOT], 1000)
    [due] = await traces.due(1100, 10)
    await traces.touch([CHILD], 1100)
    sent = await traces.publish([(due, event(due), "f1")])
    assert [one.revision for one in sent] == [1]
    assert await traces.open_among([KEY]) == {KEY}
    [again] = await traces.due(1200, 10)
    assert (again.revision, again.fingerprint) == (1, "f1")


async def test_two_instances_publish_one_revision_once(database: Database) -> None:
    one, two = table(database, "one"), table(database, "two")
    await one.touch([ROOT], 1000)
    now_ms = 1100 + ORPHANED_MS
    [due] = await one.due(now_ms, 10)
    [seen_by_two] = await two.due(now_ms, 10)
    assert len(await one.publish([(due, event(due), "f1")])) == 1
    assert await two.publish([(seen_by_two, event(seen_by_two), "f1")]) == []


async def test_an_instance_leaves_the_traces_of_a_living_one_alone(database: Database) -> None:
    one, two = table(database, "one"), table(database, "two")
    await one.touch([ROOT], 1000)
    assert await two.due(1100, 10) == []
    assert len(await two.due(1100 + ORPHANED_MS, 10)) == 1


async def test_a_complete_trace_that_grows_waits_anew(database: Database) -> None:
    traces = table(database)
    await traces.touch([ROOT], 1000)
    [due] = await traces.due(1100, 10)
    await traces.publish([(due, event(due), "f1")])
    assert await traces.open_among([KEY]) == set()
    await traces.touch([CHILD], 9000)
    [again] = await traces.due(9100, 10)
    assert (again.due_ms, again.revision, again.fingerprint) == (9100, 1, "f1")


async def test_only_what_was_not_touched_again_is_forgotten(database: Database) -> None:
    traces = table(database)
    await traces.touch([ROOT], 1000)
    [due] = await traces.due(1100, 10)
    await traces.publish([(due, event(due), "f1")])
    assert await traces.forgettable(1000, 10) == []
    [old] = await traces.forgettable(1001, 10)
    await traces.touch([CHILD], 5000)
    await traces.forget([old])
    assert len(await traces.due(9999, 10)) == 1


async def test_many_traces_fit_in_one_batch(database: Database) -> None:
    traces = table(database)
    touches = [Touch(TraceKey("p", f"{n:032x}"), root_seen=True) for n in range(2500)]
    await traces.touch(touches, 1000)
    due = await traces.due(1100, 10_000)
    sent = await traces.publish([(one, event(one), "f") for one in due])
    assert len(sent) == 2500
    assert await traces.due(10**9, 10) == []
