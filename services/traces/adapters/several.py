"""Many traces at once, for services that read every one: a query of its own for each is dear.

What one query costs is mostly what every query costs. The answer is written without models in
between, since it may hold thousands of spans.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import orjson

from libs.contracts.api import SpanView, TraceSummary
from libs.runtime.auth import Principal
from libs.storage.clickhouse import ClickHouse
from services.traces.adapters.carriers import Carriers, carriers_by_trace, joined
from services.traces.adapters.conditions import Conditions, scope, trace_ids
from services.traces.adapters.listing import Listing
from services.traces.adapters.spans import COLUMNS, NAMES, span_fields
from services.traces.adapters.summaries import summaries
from services.traces.domain.completion import TraceKey

SPANS_MAX = 4000
"""Read by one query; enough for most batches."""
CHARS_MAX = 32_000_000
"""An answer above this is full."""
Row = Sequence[Any]
SPAN_FIELDS = tuple(SpanView.model_fields)


@dataclass(frozen=True)
class Found:
    """Traces as rows of `COLUMNS`, in order of their ids, and ids that were not looked up."""

    traces: dict[str, list[Row]]
    left: list[str]


class Several:
    """Reads some traces of one project."""

    def __init__(self, store: ClickHouse, listing: Listing) -> None:
        self._store = store
        self._listing = listing

    async def trees(self, principal: Principal, project: str, ids: Sequence[str]) -> bytes:
        """JSON of `TraceTrees`."""
        wanted = sorted({one.lower() for one in ids})
        found = await self._find(principal, project, wanted)
        keys = [TraceKey(project, trace_id) for trace_id in found.traces]
        summed, carriers = await asyncio.gather(
            summaries(self._store, keys),
            carriers_by_trace(self._store, _where(principal, project, wanted)),
        )
        views = await self._listing.views([summed[key] for key in keys if key in summed])
        return await asyncio.to_thread(_written, found, views, carriers)

    async def _find(self, principal: Principal, project: str, wanted: Sequence[str]) -> Found:
        """Whole traces until the answer is full; at least one, however large it is."""
        traces: dict[str, list[Row]] = {}
        chars, after = 0, None
        while True:
            rows = await self._page(_where(principal, project, wanted), after)
            for trace_id, own in groupby(rows, key=lambda row: str(row[1])):
                traces.setdefault(trace_id, []).extend(own)
            if len(rows) < SPANS_MAX:
                return Found(traces, [])
            chars += sum(len(cell) for row in rows for cell in row if isinstance(cell, str))
            if chars > CHARS_MAX and len(traces) > 1:
                last, _ = traces.popitem()  # it may go on in the next page
                return Found(traces, [one for one in wanted if one >= last])
            after = (str(rows[-1][1]), str(rows[-1][2]))

    async def _page(self, where: Conditions, after: tuple[str, str] | None) -> Sequence[Row]:
        if after is not None:
            trace, span = (where.bind(part, "String") for part in after)
            where.add(
                f"(trace_id, span_id) > (toFixedString(unhex({trace}), 16),"
                f" toFixedString(unhex({span}), 8))"
            )
        limit = where.bind(SPANS_MAX, "UInt32")
        return await self._store.rows(
            f"SELECT {COLUMNS} FROM spans FINAL WHERE {where.sql}"
            f" ORDER BY spans.trace_id, spans.span_id LIMIT {limit}",
            where.parameters,
        )


def _where(principal: Principal, project: str, ids: Sequence[str]) -> Conditions:
    conditions = Conditions()
    scope(conditions, principal, [project])
    trace_ids(conditions, ids)
    return conditions


def _written(found: Found, views: Sequence[TraceSummary], carriers: dict[str, Carriers]) -> bytes:
    items = [
        {
            "summary": view.model_dump(mode="json"),
            "spans": list(_spans(found.traces[view.trace_id], carriers.get(view.trace_id, {}))),
        }
        for view in views
    ]
    return orjson.dumps({"items": items, "left": found.left}, option=orjson.OPT_UTC_Z)


def _spans(rows: Sequence[Row], carriers: Carriers) -> Iterator[dict[str, Any]]:
    """In start order, as everywhere."""
    for row in sorted(joined(rows, NAMES, carriers), key=_start):
        fields = span_fields(row)
        yield {name: fields[name] for name in SPAN_FIELDS}


_STARTED, _SPAN = NAMES.index("start_ns"), NAMES.index("span")


def _start(row: Row) -> tuple[int, str]:
    return row[_STARTED], row[_SPAN]
