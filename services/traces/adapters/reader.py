"""Reading single traces, spans and sessions, always within the caller's projects."""

import asyncio
from collections.abc import Sequence
from typing import Any

from libs.contracts.api import SpanView, TraceTree
from libs.runtime.auth import Principal
from libs.storage.clickhouse import ClickHouse
from services.traces.adapters.carriers import carriers_of, joined
from services.traces.adapters.conditions import Conditions, scope
from services.traces.adapters.judgements import evaluations_of, feedback_of
from services.traces.adapters.listing import Listing
from services.traces.adapters.spans import COLUMNS, NAMES, span_view
from services.traces.adapters.summaries import SUMMARY, summary_of
from services.traces.adapters.texts import TEXT_COLUMNS, TEXT_NAMES, span_texts
from services.traces.domain.completion import Summary, TraceKey
from services.traces.domain.texts import SpanTexts

Row = Sequence[Any]


class AmbiguousTrace(Exception):
    """The same trace id exists in several projects; the text names them."""


class Reader:
    """Answers None for what does not exist or may not be seen."""

    def __init__(self, store: ClickHouse, listing: Listing) -> None:
        self._store = store
        self._listing = listing

    async def summary(
        self, principal: Principal, trace_id: str, project: str | None
    ) -> Summary | None:
        """Raises `AmbiguousTrace` when the id needs a project beside it."""
        conditions = Conditions()
        scope(conditions, principal, [project] if project else [])
        conditions.add(f"trace_id = unhex({conditions.bind(trace_id, 'String')})")
        rows = await self._store.rows(
            f"SELECT {SUMMARY} FROM spans FINAL WHERE {conditions.sql} GROUP BY project, trace_id",
            conditions.parameters,
        )
        if len(rows) > 1:
            names = ", ".join(sorted(repr(row[0]) for row in rows))
            raise AmbiguousTrace(f"trace {trace_id} is in projects {names}: add ?project=")
        return summary_of(rows[0]) if rows else None

    async def rows(self, key: TraceKey, columns: str) -> Sequence[Row]:
        """Spans of a trace in start order, as stored."""
        return await self._store.rows(
            f"SELECT {columns} FROM spans FINAL"
            " WHERE project = {project:String} AND trace_id = unhex({id:String})"
            " ORDER BY started_at, span_id",
            {"project": key.project, "id": key.trace_id},
        )

    async def spans(self, key: TraceKey) -> tuple[SpanView, ...]:
        """Spans of a trace in start order, with what log events told of them."""
        rows, carriers = await asyncio.gather(
            self.rows(key, COLUMNS), carriers_of(self._store, key)
        )
        return await asyncio.to_thread(
            lambda: tuple(span_view(row) for row in joined(rows, NAMES, carriers))
        )

    async def texts(self, key: TraceKey) -> list[SpanTexts]:
        """The same as texts to search."""
        rows, carriers = await asyncio.gather(
            self.rows(key, TEXT_COLUMNS), carriers_of(self._store, key)
        )
        return [span_texts(row) for row in joined(rows, TEXT_NAMES, carriers)]

    async def tree(self, summary: Summary) -> TraceTree:
        """A whole trace with what was said of it."""
        place = (summary.key.project, summary.key.trace_id)
        spans, evaluations, feedback, views = await asyncio.gather(
            self.spans(summary.key),
            evaluations_of(self._store, *place),
            feedback_of(self._store, *place),
            self._listing.views([summary]),
        )
        return TraceTree(summary=views[0], spans=spans, evaluations=evaluations, feedback=feedback)

    async def span(
        self, principal: Principal, span_id: str, trace_id: str | None
    ) -> SpanView | None:
        """One span; the newest, should several traces use the id."""
        conditions = Conditions()
        scope(conditions, principal, [])
        conditions.add(f"span_id = unhex({conditions.bind(span_id, 'String')})")
        if trace_id:
            conditions.add(f"trace_id = unhex({conditions.bind(trace_id, 'String')})")
        rows = await self._store.rows(
            f"SELECT {COLUMNS} FROM spans FINAL WHERE {conditions.sql}"
            " ORDER BY started_at DESC LIMIT 1",
            conditions.parameters,
        )
        if not rows:
            return None
        key = TraceKey(rows[0][0], rows[0][1])
        carriers = await carriers_of(self._store, key)
        return span_view(joined(rows, NAMES, carriers)[0])
