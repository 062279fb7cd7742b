"""Reading single traces and spans, always within the caller's projects.

Every query of a trace is by project scope and trace id alone, so that all of them run at once;
which project it was is known from the rows.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from libs.contracts.api import SpanView, TraceTree
from libs.runtime.auth import Principal
from libs.storage.clickhouse import ClickHouse
from services.traces.adapters.carriers import carriers_of, joined
from services.traces.adapters.conditions import Conditions, scope
from services.traces.adapters.glances import glance, glance_columns
from services.traces.adapters.judgements import evaluations_of, feedback_of
from services.traces.adapters.listing import Listing
from services.traces.adapters.spans import COLUMNS, NAMES, span_view
from services.traces.adapters.summaries import SUMMARY, summary_of, summed_up
from services.traces.adapters.texts import TEXT_COLUMNS, TEXT_NAMES, span_texts
from services.traces.domain.completion import Summary
from services.traces.domain.preview import Glance
from services.traces.domain.texts import SpanTexts

Row = Sequence[Any]


class AmbiguousTrace(Exception):
    """The same trace id exists in several projects."""

    def __init__(self, trace_id: str, projects: Iterable[str]) -> None:
        self.projects = tuple(sorted(projects))
        names = ", ".join(map(repr, self.projects))
        super().__init__(f"trace {trace_id} is in projects {names}: add ?project=")


class NoSuchTrace(Exception):
    """No trace with this id that the caller may read."""


class Reader:
    """Raises `NoSuchTrace`, `AmbiguousTrace`."""

    def __init__(self, store: ClickHouse, listing: Listing) -> None:
        self._store = store
        self._listing = listing

    async def tree(self, principal: Principal, trace_id: str, project: str | None) -> TraceTree:
        """A whole trace with what was said of it."""
        where = _where(principal, trace_id, project)
        rows, carriers, evaluations, feedback = await asyncio.gather(
            self._rows(where, COLUMNS),
            carriers_of(self._store, where),
            evaluations_of(self._store, where),
            feedback_of(self._store, where),
        )
        name = _only_project(trace_id, {row[0] for row in rows})
        [view] = await self._listing.views([summed_up(rows)])
        spans = await asyncio.to_thread(
            lambda: tuple(span_view(row) for row in joined(rows, NAMES, carriers.get(name, {})))
        )
        return TraceTree(
            summary=view,
            spans=spans,
            evaluations=tuple(evaluations.get(name, ())),
            feedback=tuple(feedback.get(name, ())),
        )

    async def spans(
        self, principal: Principal, trace_id: str, project: str | None
    ) -> tuple[SpanView, ...]:
        """Spans of a trace in start order, with what log events told of them."""
        rows = await self._joined(principal, trace_id, project, COLUMNS, NAMES)
        return await asyncio.to_thread(lambda: tuple(span_view(row) for row in rows))

    async def texts(
        self, principal: Principal, trace_id: str, project: str | None
    ) -> list[SpanTexts]:
        """The same as texts to search."""
        rows = await self._joined(principal, trace_id, project, TEXT_COLUMNS, TEXT_NAMES)
        return [span_texts(row) for row in rows]

    async def glances(
        self, principal: Principal, trace_id: str, project: str | None, chars: int
    ) -> tuple[Summary, list[Glance]]:
        """A summary, and spans with the beginnings of their texts."""
        where = _where(principal, trace_id, project)
        summary, rows = await asyncio.gather(
            self._summary(where, trace_id), self._rows(where, glance_columns(chars))
        )
        return summary, [glance(row) for row in rows if row[0] == summary.key.project]

    async def span(
        self, principal: Principal, span_id: str, trace_id: str | None
    ) -> SpanView | None:
        """One span; the newest, should several traces use the id."""
        where = _where(principal, trace_id, None)
        where.add(f"span_id = unhex({where.bind(span_id, 'String')})")
        rows = await self._store.rows(
            f"SELECT {COLUMNS} FROM spans FINAL WHERE {where.sql} ORDER BY started_at DESC LIMIT 1",
            where.parameters,
        )
        if not rows:
            return None
        name, found_id = rows[0][0], rows[0][1]
        carriers = await carriers_of(self._store, _where(principal, found_id, name))
        return span_view(joined(rows, NAMES, carriers.get(name, {}))[0])

    async def _summary(self, where: Conditions, trace_id: str) -> Summary:
        rows = await self._store.rows(
            f"SELECT {SUMMARY} FROM spans FINAL WHERE {where.sql} GROUP BY project, trace_id",
            where.parameters,
        )
        _only_project(trace_id, {row[0] for row in rows})
        return summary_of(rows[0])

    async def _rows(self, where: Conditions, columns: str) -> Sequence[Row]:
        """The first column is the project."""
        return await self._store.rows(
            f"SELECT {columns} FROM spans FINAL WHERE {where.sql} ORDER BY started_at, span_id",
            where.parameters,
        )

    async def _joined(
        self,
        principal: Principal,
        trace_id: str,
        project: str | None,
        columns: str,
        names: Sequence[str],
    ) -> Sequence[Row]:
        where = _where(principal, trace_id, project)
        rows, carriers = await asyncio.gather(
            self._rows(where, columns), carriers_of(self._store, where)
        )
        name = _only_project(trace_id, {row[0] for row in rows})
        return joined(rows, names, carriers.get(name, {}))


def _where(principal: Principal, trace_id: str | None, project: str | None) -> Conditions:
    conditions = Conditions()
    scope(conditions, principal, [project] if project else [])
    if trace_id:
        conditions.add(f"trace_id = unhex({conditions.bind(trace_id, 'String')})")
    return conditions


def _only_project(trace_id: str, projects: set[str]) -> str:
    if not projects:
        raise NoSuchTrace(trace_id)
    if len(projects) > 1:
        raise AmbiguousTrace(trace_id, projects)
    return next(iter(projects))
