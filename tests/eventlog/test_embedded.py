"""The embedded log: the common behaviour, and what only it promises."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from libs.contracts.topics import Topic
from libs.eventlog import EventLog, EventLogFull, Message
from libs.eventlog.embedded import EmbeddedLog
from libs.eventlog.embedded.store import PRUNE_ROWS, Store
from libs.testkit.eventlog_suite import Collector, EventLogSuite, OpenLog, eventually, messages

TOPIC = Topic("t", None, "any", "a", ("b",), partitions=4, retention_hours=1)


@pytest.fixture
def topic() -> Topic:
    return TOPIC


@pytest.fixture
def open_log(tmp_path: Path) -> OpenLog:
    @asynccontextmanager
    async def opened() -> AsyncIterator[EventLog]:
        log = EmbeddedLog(tmp_path / "events.db")
        await log.start()
        await log.create_topics([TOPIC])
        try:
            yield log
        finally:
            await log.stop()

    return opened


class TestEmbeddedLog(EventLogSuite):
    """Everything in the suite."""


@pytest.mark.parametrize("broken", ["commit", "read"])
async def test_a_disk_that_fails_for_a_while_stops_no_consumer(
    open_log: OpenLog, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    real, failures = getattr(Store, broken), 0

    def failing(self: Store, *arguments: Any) -> Any:
        nonlocal failures
        if failures < 2:
            failures += 1
            raise sqlite3.OperationalError("database or disk is full")
        return real(self, *arguments)

    async with open_log() as log:
        seen = Collector()
        await log.publish(messages(TOPIC, 8))
        monkeypatch.setattr(Store, broken, failing)
        await log.subscribe("t", "g", seen, batch_max=50)

        async def caught_up() -> bool:
            return await log.lag("g", "t") == 0

        await eventually(caught_up)
    assert failures == 2
    assert set(seen.values) == {one.value for one in messages(TOPIC, 8)}


async def test_a_full_disk_refuses_what_comes_and_takes_it_once_there_is_room(
    tmp_path: Path,
) -> None:
    async def room(log: EmbeddedLog, pages: int) -> None:
        limit = f"PRAGMA max_page_count = {pages}"
        await log._writer.call(lambda store: store._connection.execute(limit).fetchall())

    log = EmbeddedLog(tmp_path / "events.db")
    await log.start()
    await log.create_topics([TOPIC])
    await room(log, 1)  # what it has already, and no page more
    big = [Message("t", b"k", b"x" * 200_000)]
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="full"):
            await log.publish(big)
    assert "disk is full" in (await log.problem() or "")
    await room(log, 100_000)
    seen = Collector()
    await log.subscribe("t", "g", seen)
    await log.publish(big)
    await seen.until(1)
    assert await log.problem() is None
    await log.stop()
    assert len(seen.records) == 1


async def test_it_refuses_more_than_its_limit_instead_of_growing(tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path / "events.db", waiting_bytes_max=1000)
    await log.start()
    await log.create_topics([TOPIC])
    big = [Message("t", b"k", b"x" * 900)]
    results = await asyncio.gather(*(log.publish(big) for _ in range(20)), return_exceptions=True)
    refused = [r for r in results if isinstance(r, EventLogFull)]
    seen = Collector()
    await log.subscribe("t", "g", seen, batch_max=50)
    await seen.until(20 - len(refused))
    await log.stop()
    assert refused
    assert len(seen.records) == 20 - len(refused)


WRITER = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from libs.contracts.topics import Topic
from libs.eventlog import Message
from libs.eventlog.embedded import EmbeddedLog

async def main():
    log = EmbeddedLog(Path({path!r}))
    await log.start()
    await log.create_topics([Topic("t", None, "any", "a", ("b",), 4, 1)])
    for n in range(1_000_000):
        await log.publish([Message("t", b"k%d" % (n % 7), b"%d" % n)])
        print(n, flush=True)

asyncio.run(main())
"""


async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    root = str(Path(__file__).resolve().parents[2])
    code = WRITER.format(root=root, path=str(path))
    acknowledged = -1
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    while acknowledged < 200:
        acknowledged = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    acknowledged = max([acknowledged, *(int(n) for n in process.stdout.read().split("\n") if n)])
    process.wait()
    store = Store(path)
    values = {int(r.value) for p in range(4) for r in store.read("t", p, 0, 10**6)}
    store.close()
    assert set(range(acknowledged + 1)) <= values


async def test_expired_and_superseded_records_are_pruned(tmp_path: Path) -> None:
    store = Store(tmp_path / "events.db")
    store.create_topic("old", 1, retention_ms=1000, compacted=False)
    store.create_topic("pointer", 1, retention_ms=None, compacted=True)
    partitions = store.topics()
    store.append([Message("old", b"k", b"1"), Message("pointer", b"a", b"1")], partitions, 0)
    store.append([Message("old", b"k", b"2"), Message("pointer", b"a", b"2")], partitions, 5000)
    assert store.prune(5500) == 2
    assert [r.value for r in store.read("old", 0, 0, 9)] == [b"2"]
    assert [(r.value, r.offset) for r in store.read("pointer", 0, 0, 9)] == [(b"2", 1)]
    store.close()


async def test_expired_records_go_a_few_at_a_time_and_no_other_with_them(tmp_path: Path) -> None:
    store = Store(tmp_path / "events.db")
    store.create_topic("old", 3, retention_ms=1000, compacted=False)
    partitions = store.topics()
    for at_ms in range(0, 3000, 100):
        batch = [Message("old", b"%d" % n, b"%d" % at_ms) for n in range(60)]
        store.append(batch, partitions, at_ms)
    rounds = []
    while deleted := store.prune(2500):
        rounds.append(deleted)
    left = [r for p in range(3) for r in store.read("old", p, 0, 10_000)]
    assert sum(rounds) == 15 * 60
    assert max(rounds) < PRUNE_ROWS * 2
    assert {r.timestamp_ms for r in left} == set(range(1500, 3000, 100))
    assert len(left) == 15 * 60
    store.close()


async def test_publishing_many_at_once_keeps_all(open_log: OpenLog) -> None:
    async with open_log() as log:
        seen = Collector()
        await log.subscribe("t", "g", seen, batch_max=500)
        await asyncio.gather(*(log.publish(messages(TOPIC, 50)) for _ in range(40)))
        await seen.until(2000)
    assert len(seen.records) == 2000


async def test_it_ends_beside_a_handler_that_never_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.eventlog.embedded.group.END_SECONDS_MAX", 0.1)
    began = asyncio.Event()

    async def hangs(records: object) -> None:
        began.set()
        await asyncio.Event().wait()

    log = EmbeddedLog(tmp_path / "events.db")
    await log.start()
    await log.create_topics([TOPIC])
    await log.subscribe("t", "g", hangs)
    await log.publish([Message("t", b"k", b"v")])
    await began.wait()
    async with asyncio.timeout(30):
        await log.stop()
