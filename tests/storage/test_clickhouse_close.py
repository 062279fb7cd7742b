"""A store that closes waits for nobody, and whoever still asks is told to come back."""

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.runtime.consumer import DELIVERY_SECONDS_MAX
from libs.runtime.errors import UnavailableError
from libs.storage import clickhouse
from libs.storage.clickhouse import CLOSE_SECONDS_MAX, ClickHouse, Connections


class Client:
    """A ClickHouse client that was connected."""

    closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def hung() -> Iterator[threading.Event]:
    """Work waits for it; let go at the end of the test."""
    event = threading.Event()
    yield event
    event.set()


async def test_a_closed_store_is_away_for_whoever_still_asks(tmp_path: Path) -> None:
    store = ClickHouse(f"chdb://{tmp_path / 'chdb'}")
    await store.start()
    assert await store.rows("SELECT 1") == [(1,)]
    await store.close()
    with pytest.raises(UnavailableError, match="closed"):
        await store.rows("SELECT 1")
    with pytest.raises(UnavailableError, match="closed"):
        await store.command("SELECT 1")


async def test_a_query_that_hangs_is_left_behind_and_what_waits_behind_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, hung: threading.Event
) -> None:
    monkeypatch.setattr(clickhouse.clickhouse_connect, "get_client", lambda **_: Client())
    store = ClickHouse("clickhouse://ch:8123/pawl")
    await store.start()
    hanging = asyncio.create_task(store._writing.run(lambda _: hung.wait()))
    waiting = asyncio.create_task(store._writing.run(lambda _: None))
    await asyncio.sleep(0.1)
    began = time.monotonic()
    await store.close()
    assert time.monotonic() - began < CLOSE_SECONDS_MAX + 1
    with pytest.raises(UnavailableError, match="closed"):
        await waiting
    hung.set()
    assert await hanging


async def test_what_is_in_flight_finishes_and_then_the_client_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = Client()
    monkeypatch.setattr(clickhouse.clickhouse_connect, "get_client", lambda **_: client)
    connections = Connections("read", 1)
    await connections.open("clickhouse://ch")
    working = asyncio.create_task(connections.run(lambda _: time.sleep(0.3) or "done"))  # type: ignore[func-returns-value]
    await asyncio.sleep(0.1)
    connections.refuse()
    await asyncio.to_thread(connections.join, time.monotonic() + 5)
    assert await working == "done"
    assert client.closed


async def test_a_cancelled_question_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, hung: threading.Event
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(clickhouse.clickhouse_connect, "get_client", lambda **_: Client())
    connections = Connections("read", 1)
    await connections.open("clickhouse://ch")
    first = asyncio.create_task(connections.run(lambda _: hung.wait()))
    second = asyncio.create_task(connections.run(lambda _: asked.append(2)))
    await asyncio.sleep(0.1)
    second.cancel()
    await asyncio.sleep(0)
    hung.set()
    await first
    await connections.run(lambda _: asked.append(3))
    assert asked == [3]


async def test_a_server_that_takes_a_connection_and_is_silent_is_away_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert clickhouse.HTTP_OPTIONS["send_receive_timeout"] <= DELIVERY_SECONDS_MAX
    monkeypatch.setitem(clickhouse.HTTP_OPTIONS, "send_receive_timeout", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = ClickHouse(f"clickhouse://127.0.0.1:{silent.getsockname()[1]}/pawl")
        async with asyncio.timeout(10):
            with pytest.raises(UnavailableError):
                await store.start()


HANGS = """
import asyncio, time
from libs.storage import clickhouse

clickhouse.clickhouse_connect.get_client = lambda **_: None

async def main():
    connections = clickhouse.Connections("write", 1)
    await connections.open("clickhouse://ch")
    asyncio.create_task(connections.run(lambda _: time.sleep(60)))
    await asyncio.sleep(0.1)

asyncio.run(main())
"""


def test_a_process_ends_although_a_query_hangs() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGS], timeout=20, check=False)
    assert ended.returncode == 0
