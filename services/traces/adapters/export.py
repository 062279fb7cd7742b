"""Spans in bulk: pages by key, so that no query stays open while a slow reader reads."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from libs.runtime.auth import Principal
from libs.storage.clickhouse import ClickHouse
from services.traces.adapters.conditions import Conditions, scope, span_conditions
from services.traces.adapters.spans import COLUMNS, span_fields
from services.traces.domain.filters import SpanFilter

FIRST_PAGE_SPANS = 50
PAGE_SPANS_MAX = 5000
PAGE_CHARS = 8_000_000
"""Pages grow or shrink towards this, so that large spans do not fill the memory."""
Row = Sequence[Any]
TEXT, NUMBER, COUNT = pa.string(), pa.float64(), pa.int64()
TIME = pa.timestamp("ns", "UTC")
SCHEMA = pa.schema(
    [
        *((name, TEXT) for name in ("project", "trace_id", "span_id", "parent_span_id", "name")),
        *((name, TEXT) for name in ("kind", "family", "status", "status_message")),
        ("started_at", TIME),
        ("ended_at", TIME),
        ("duration_ms", NUMBER),
        *((name, TEXT) for name in ("session_id", "user_id", "agent", "config_digest")),
        *((name, TEXT) for name in ("model", "provider", "tool_name")),
        *((name, COUNT) for name in ("tokens_input", "tokens_output", "tokens_cache_read")),
        *((name, COUNT) for name in ("tokens_cache_write", "tokens_reasoning")),
        ("cost_usd", NUMBER),
        *((name, TEXT) for name in ("input", "output")),
        *((name, TEXT) for name in ("attributes", "resource", "events", "links")),
        ("flags", pa.list_(TEXT)),
    ]
)
NANOSECONDS = {"started_at": "start_ns", "ended_at": "end_ns"}
AS_JSON = ("attributes", "resource", "events", "links")
INT64_MAX = 2**63 - 1


async def pages(
    store: ClickHouse, principal: Principal, filter: SpanFilter, limit: int | None
) -> AsyncIterator[Sequence[Row]]:
    """Rows of `COLUMNS` in key order."""
    after: tuple[str, str, str] | None = None
    size, left = FIRST_PAGE_SPANS, limit
    while left is None or left > 0:
        wanted = size if left is None else min(size, left)
        rows = await _page(store, principal, filter, wanted, after)
        if rows:
            yield rows
        if len(rows) < wanted:
            return
        after = (rows[-1][0], rows[-1][1], rows[-1][2])
        left = None if left is None else left - len(rows)
        size = _next_size(rows)


def _next_size(rows: Sequence[Row]) -> int:
    chars = sum(len(cell) for row in rows for cell in row if isinstance(cell, str))
    return max(1, min(PAGE_SPANS_MAX, PAGE_CHARS * len(rows) // max(1, chars)))


async def _page(
    store: ClickHouse,
    principal: Principal,
    filter: SpanFilter,
    count: int,
    after: tuple[str, str, str] | None,
) -> Sequence[Row]:
    conditions = Conditions()
    scope(conditions, principal, filter.project)
    span_conditions(conditions, filter)
    if after:
        project, trace, span = (conditions.bind(part, "String") for part in after)
        conditions.add(
            f"(project, trace_id, span_id) > ({project},"
            f" toFixedString(unhex({trace}), 16), toFixedString(unhex({span}), 8))"
        )
    limit = conditions.bind(count, "UInt32")
    return await store.rows(
        f"SELECT {COLUMNS} FROM spans FINAL WHERE {conditions.sql}"
        f" ORDER BY spans.project, spans.trace_id, spans.span_id LIMIT {limit}",
        conditions.parameters,
    )


async def as_jsonl(chunks: AsyncIterator[Sequence[Row]]) -> AsyncIterator[bytes]:
    """One JSON object a line, fields as in `SpanView`."""
    async for rows in chunks:
        yield await asyncio.to_thread(_lines, rows)


def _lines(rows: Sequence[Row]) -> bytes:
    return b"".join(orjson.dumps(_shown(row), option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def _shown(row: Row) -> dict[str, Any]:
    fields = span_fields(row)
    return {name: fields[name] for name in SCHEMA.names}


async def as_parquet(chunks: AsyncIterator[Sequence[Row]]) -> AsyncIterator[bytes]:
    """A Parquet file, one row group a page; JSON fields are JSON text."""
    sink = Sink()
    writer = pq.ParquetWriter(sink, SCHEMA, compression="zstd")
    async for rows in chunks:
        table = await asyncio.to_thread(_table, rows)
        await asyncio.to_thread(writer.write_table, table)
        yield sink.take()
    await asyncio.to_thread(writer.close)
    yield sink.take()


class Sink(io.RawIOBase):
    """A file that only grows: what was written can be taken away, positions go on."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        piece = bytes(part)
        self._parts.append(piece)
        self._position += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._position

    def take(self) -> bytes:
        """Everything since the last time."""
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def _table(rows: Sequence[Row]) -> pa.Table:
    shown = [span_fields(row) for row in rows]
    columns = {}
    for field in SCHEMA:
        source = NANOSECONDS.get(field.name, field.name)
        values = [one[source] for one in shown]
        if field.name in AS_JSON:
            values = [orjson.dumps(value).decode() for value in values]
        elif field.type == COUNT:
            values = [None if value is None else min(value, INT64_MAX) for value in values]
        columns[field.name] = pa.array(values, field.type)
    return pa.table(columns, schema=SCHEMA)
