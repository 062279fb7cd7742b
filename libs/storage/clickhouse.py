"""The ClickHouse client: chDB in this process (embedded) or a cluster, the same SQL for both.

chDB and the HTTP client both block, so every call runs on a thread of this module's own pools.
Reads and writes have separate threads and connections: a slow query never delays an insert.
A chDB directory belongs to one process; every connection in a process must name the same one.
"""

import asyncio
import queue
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.exceptions import ClickHouseError

from libs.runtime.errors import StartupError, UnavailableError
from libs.runtime.settings import RuntimeSettings

T = TypeVar("T")
Row = tuple[Any, ...]
Parameters = Mapping[str, Any]
READERS = 5
QUERY_SECONDS_MAX = 30.0
QUERY_BYTES_MAX = 4 * 1024**3
READ_SETTINGS: dict[str, Any] = {
    "max_memory_usage": QUERY_BYTES_MAX,
    # Key columns first, then only the rows they leave. Written by hand, PREWHERE would keep a
    # subquery's set from the primary index.
    "optimize_move_to_prewhere_if_final": 1,
}
WRITE_SETTINGS = {
    # chDB turns asynchronous inserts on by itself: an insert must be on disk when it returns.
    "async_insert": 0,
    # Copies within one insert wait for the next merge, like those of two inserts: reads use FINAL.
    "optimize_on_insert": 0,
    # One block is one part: more threads only take turns.
    "max_threads": 1,
    "max_insert_threads": 1,
}


class QueryTimeout(Exception):
    """A query took longer than it was given; the text says how long that was."""


def dsn_of(settings: RuntimeSettings) -> str:
    """The configured DSN, else chDB in the home directory."""
    return settings.clickhouse_dsn or f"chdb://{(Path(settings.home) / 'chdb').resolve()}"


class Connections:
    """A few clients, each used by one thread at a time."""

    def __init__(self, name: str, count: int) -> None:
        self._count = count
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()
        self._threads = ThreadPoolExecutor(count, thread_name_prefix=f"clickhouse-{name}")

    def open(self, dsn: str) -> None:
        """Connect all of them; those that are open stay. Blocking."""
        # Over HTTP a session would allow one query at a time and buys nothing here.
        options: dict[str, Any] = (
            {} if dsn.startswith("chdb:") else {"autogenerate_session_id": False}
        )
        for _ in range(self._count - self._idle.qsize()):
            self._idle.put(clickhouse_connect.get_client(dsn=dsn, **options))

    async def run(self, work: Callable[[Any], T]) -> T:
        """Do blocking work with a client, off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._with, work)

    def _with(self, work: Callable[[Any], T]) -> T:
        client = self._idle.get()
        try:
            return work(client)
        finally:
            self._idle.put(client)

    def close(self) -> None:
        """Wait for work in flight, then disconnect. Blocking."""
        self._threads.shutdown(wait=True)
        while not self._idle.empty():
            self._idle.get().close()


class ClickHouse:
    """Opened with `start`, closed with `close`. The server binds parameters: `{name:Type}`."""

    def __init__(self, dsn: str, cluster: str = "") -> None:
        self.dsn = dsn
        self.cluster = cluster
        self._reading = Connections("read", READERS)
        self._writing = Connections("write", 1)

    @property
    def is_embedded(self) -> bool:
        return self.dsn.startswith("chdb:")

    async def start(self) -> None:
        """Connect, or raise `StartupError` that says what to do."""
        try:
            await asyncio.to_thread(self._open)
        except (ClickHouseError, OSError) as error:
            if self._is_away(error):
                address = without_password(self.dsn)
                raise UnavailableError(f"ClickHouse is away at {address}: {error}") from error
            raise StartupError(
                f"ClickHouse cannot be opened at {without_password(self.dsn)}: {error}. "
                "A chDB directory serves one process only; for a cluster check PAWL_CLICKHOUSE_DSN"
            ) from error

    def _is_away(self, error: Exception) -> bool:
        """An error without a code of the server's own never reached it."""
        return not self.is_embedded and getattr(error, "code", None) is None

    def _open(self) -> None:
        if self.is_embedded:
            Path(self.dsn.removeprefix("chdb://")).mkdir(parents=True, exist_ok=True)
        self._writing.open(self.dsn)
        self._reading.open(self.dsn)

    async def close(self) -> None:
        await asyncio.to_thread(self._writing.close)
        await asyncio.to_thread(self._reading.close)

    async def command(self, sql: str, parameters: Parameters | None = None) -> None:
        """DDL or a mutation."""
        await self._writing.run(
            lambda client: client.command(sql, parameters=parameters, settings=WRITE_SETTINGS)
        )

    async def insert(self, table: str, data: pa.Table) -> None:
        """Append rows; stored when this returns. Columns that `data` lacks get their defaults."""
        if data.num_rows:
            await self._writing.run(lambda client: insert_now(client, table, data))

    async def rows(
        self,
        sql: str,
        parameters: Parameters | None = None,
        *,
        seconds_max: float = QUERY_SECONDS_MAX,
        settings: Mapping[str, Any] | None = None,
    ) -> Sequence[Row]:
        """Result rows as tuples. Raises `QueryTimeout`."""
        limits = READ_SETTINGS | {"max_execution_time": seconds_max}
        limits |= dict(settings or {})

        def work(client: Any) -> Sequence[Row]:
            try:
                result = client.query(sql, parameters=dict(parameters or {}), settings=limits)
            except ClickHouseError as error:
                if "TIMEOUT_EXCEEDED" in str(error):
                    raise QueryTimeout(
                        f"the query was stopped after {seconds_max:g} s: narrow it"
                    ) from error
                if self._is_away(error):
                    raise UnavailableError(f"ClickHouse does not answer: {error}") from error
                raise
            found: Sequence[Row] = result.result_rows
            return found

        return await self._reading.run(work)

    async def probe(self) -> str | None:
        """None when the store answers."""
        async with asyncio.timeout(5):
            await self.rows("SELECT 1", seconds_max=5)
        return None


def insert_now(client: Any, table: str, data: pa.Table) -> None:
    """Insert an Arrow table over one client. Blocking."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, data.schema) as writer:
        writer.write_table(data)
    client.raw_insert(
        table,
        column_names=data.column_names,
        insert_block=memoryview(sink.getvalue()),
        fmt="ArrowStream",
        settings=WRITE_SETTINGS,
    )


def without_password(dsn: str) -> str:
    """The DSN as it may be shown."""
    scheme, _, rest = dsn.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
