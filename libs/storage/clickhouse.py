"""The ClickHouse client: chDB in this process (embedded) or a cluster, the same SQL for both.

chDB and the HTTP client both block, so every call runs on one of this module's own threads, each
with its connection. Reads and writes have separate ones: a slow query never delays an insert.
A chDB directory belongs to one process; every connection in a process must name the same one.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
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
CLOSE_SECONDS_MAX = 2.5
HTTP_OPTIONS: dict[str, Any] = {
    # A session would allow one query at a time and buys nothing here.
    "autogenerate_session_id": False,
    # A server that works says so meanwhile; one that is silent for so long is gone.
    "send_receive_timeout": 90,
}
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


Job = tuple["Future[Any]", Callable[[Any], Any]]


class Connections:
    """A few threads, each with a client of its own.

    They are daemons: the end of the process would wait for others as long as the server hangs.
    """

    def __init__(self, name: str, count: int) -> None:
        self._name = f"clickhouse-{name}"
        self._count = count
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._closed = False

    async def open(self, dsn: str) -> None:
        """Connect all of them; those that are open stay."""
        for _ in range(self._count - len(self._threads)):
            opened: Future[None] = Future()
            thread = threading.Thread(
                target=self._work, args=[dsn, opened], name=self._name, daemon=True
            )
            thread.start()
            await asyncio.wrap_future(opened)
            self._threads.append(thread)

    async def run(self, work: Callable[[Any], T]) -> T:
        """Blocking work with a client, off the event loop. `UnavailableError` once it is closed."""
        if self._closed:
            raise _closed()
        result: Future[T] = Future()
        self._jobs.put((result, work))
        return await asyncio.wrap_future(result)

    def _work(self, dsn: str, opened: "Future[None]") -> None:
        if not opened.set_running_or_notify_cancel():
            return
        options = {} if dsn.startswith("chdb:") else HTTP_OPTIONS
        try:
            client = clickhouse_connect.get_client(dsn=dsn, **options)
        except BaseException as error:
            opened.set_exception(error)
            return
        opened.set_result(None)
        while self._do_next(client):
            pass
        client.close()

    def _do_next(self, client: Any) -> bool:
        """False at the end. A call of its own: what was read is not kept until the next job."""
        job = self._jobs.get()
        if job is None:
            return False
        result, work = job
        if result.set_running_or_notify_cancel():
            try:
                result.set_result(work(client))
            except BaseException as error:
                result.set_exception(error)
        del job, result  # else an error and its traceback would hold each other
        return True

    def refuse(self) -> None:
        """Take no more work, and give back what has not begun."""
        self._closed = True
        with suppress(queue.Empty):
            while job := self._jobs.get_nowait():
                result, _ = job
                if result.set_running_or_notify_cancel():
                    result.set_exception(_closed())
        for _ in self._threads:
            self._jobs.put(None)

    def join(self, ends_at: float) -> None:
        """Wait for work in flight until `ends_at` of the monotonic clock. Blocking."""
        for thread in self._threads:
            thread.join(max(0.0, ends_at - time.monotonic()))


def _closed() -> UnavailableError:
    return UnavailableError("the connections to ClickHouse are closed: the service is stopping")


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
            if self.is_embedded:
                directory = Path(self.dsn.removeprefix("chdb://"))
                await asyncio.to_thread(directory.mkdir, parents=True, exist_ok=True)
            await self._writing.open(self.dsn)
            await self._reading.open(self.dsn)
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

    async def close(self) -> None:
        """What is in flight may finish in time; a query that hangs is left behind."""
        ends_at = time.monotonic() + CLOSE_SECONDS_MAX
        for connections in (self._writing, self._reading):
            connections.refuse()
        for connections in (self._writing, self._reading):
            await asyncio.to_thread(connections.join, ends_at)

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
