"""The list of traces, newest first.

Pages walk back through time in slices that grow until the page is full, so that the newest traces
cost the same among a thousand as among a billion. A filter that still has not filled its page is
then answered from the spans that fit it.
"""

import re

from libs.contracts.api import Page, TraceSummary
from libs.runtime.auth import Principal
from libs.storage.clickhouse import ClickHouse
from services.traces.adapters.completion import CompletionTable
from services.traces.adapters.conditions import Conditions, nanoseconds, scope, span_conditions
from services.traces.adapters.summaries import EXPRESSIONS, select, summaries
from services.traces.domain.completion import Summary, TraceKey, instant
from services.traces.domain.cursor import decode_cursor, encode_cursor
from services.traces.domain.filters import TraceFilter

FIRST_SLICES = 8
GROWTH = 32
ROUNDS = 3
SLICE_LAST = 2**32 - 1
Place = tuple[int, str]


class Listing:
    """Lists traces of the projects that the caller may read."""

    def __init__(self, store: ClickHouse, completion: CompletionTable) -> None:
        self._store = store
        self._completion = completion

    async def traces(
        self, principal: Principal, filter: TraceFilter, limit: int, cursor: str | None
    ) -> Page[TraceSummary]:
        """One page. Raises `CursorError`."""
        after: Place | None = None
        if cursor:
            start_ns, trace_id = decode_cursor(cursor, int, str)
            after = (int(start_ns), str(trace_id))
        found = await self._newest(principal, filter, limit + 1, after)
        more = len(found) > limit
        known = await summaries(self._store, found[:limit])
        page = [known[key] for key in found[:limit] if key in known]
        last = page[-1] if page else None
        return Page(
            items=await self.views(page),
            next_cursor=encode_cursor(last.start_ns, last.key.trace_id) if more and last else None,
        )

    async def views(self, summaries: list[Summary]) -> tuple[TraceSummary, ...]:
        """Summaries for the API; `complete` comes from the working table."""
        still_open = await self._completion.open_among([one.key for one in summaries])
        return tuple(summary_view(one, one.key not in still_open) for one in summaries)

    async def _newest(
        self, principal: Principal, filter: TraceFilter, count: int, after: Place | None
    ) -> list[TraceKey]:
        slices = FIRST_SLICES * count
        for _ in range(ROUNDS):
            lower = await self._slice_before(principal, filter, after, slices)
            if lower is None:
                break
            found = await self._select(principal, filter, count, after, lower)
            if len(found) >= count:
                return found
            slices *= GROWTH
        return await self._select(principal, filter, count, after, None)

    async def _slice_before(
        self, principal: Principal, filter: TraceFilter, after: Place | None, slices: int
    ) -> int | None:
        """Seconds since the epoch where that many entries of the time index begin, or None."""
        conditions = Conditions()
        scope(conditions, principal, filter.project)
        if upper := _upper_ns(filter, after):
            seconds = conditions.bind(_slice_seconds(upper), "UInt32")
            conditions.add(f"slice <= toDateTime({seconds}, 'UTC')")
        skip = conditions.bind(slices, "UInt32")
        rows = await self._store.rows(
            f"SELECT toUInt32(slice) FROM traces_by_time WHERE {conditions.sql}"
            f" ORDER BY slice DESC LIMIT 1 OFFSET {skip}",
            conditions.parameters,
        )
        return int(rows[0][0]) if rows else None

    async def _select(
        self,
        principal: Principal,
        filter: TraceFilter,
        count: int,
        after: Place | None,
        lower: int | None,
    ) -> list[TraceKey]:
        conditions, having = Conditions(), Conditions()
        having.parameters = conditions.parameters
        scope(conditions, principal, filter.project)
        _candidates(conditions, filter, after, lower)
        _trace_level(having, filter, after)
        span = Conditions()
        span.parameters = conditions.parameters
        span_conditions(span, filter.span)
        if not span.is_empty:
            having.add(f"countIf({span.sql}) > 0")
        limit = conditions.bind(count, "UInt32")
        rows = await self._store.rows(
            f"SELECT {_needed(having.sql)} FROM spans FINAL WHERE {conditions.sql}"
            f" GROUP BY project, trace_id HAVING {having.sql}"
            f" ORDER BY start_ns DESC, id DESC LIMIT {limit}",
            conditions.parameters,
        )
        return [TraceKey(row[0], row[1]) for row in rows]


def _needed(having: str) -> str:
    """Summing up everything is dear: for finding the page only what its conditions read."""
    used = {name for name in EXPRESSIONS if re.search(rf"\b{name}\b", having)}
    return select(*(name for name in EXPRESSIONS if name in used | {"start_ns"}))


def _upper_ns(filter: TraceFilter, after: Place | None) -> int | None:
    ends = [after[0]] if after else []
    if filter.end:
        ends.append(nanoseconds(filter.end))
    return min(ends) if ends else None


def _slice_seconds(nanoseconds: int) -> int:
    """Times beyond what a slice can hold stand in the first or the last one."""
    return max(0, min(nanoseconds // 1_000_000_000, SLICE_LAST))


def _candidates(
    conditions: Conditions, filter: TraceFilter, after: Place | None, lower: int | None
) -> None:
    """Which traces to sum up: from the time index, or those with a span that fits."""
    if lower is None:
        inner = Conditions()
        inner.parameters = conditions.parameters
        span_conditions(inner, filter.span)
        if not inner.is_empty:
            # Without FINAL: a replaced span may add a candidate, which HAVING then turns down.
            conditions.add(f"trace_id IN (SELECT trace_id FROM spans WHERE {inner.sql})")
        return
    low = conditions.bind(lower, "UInt32")
    within = f"slice >= toDateTime({low}, 'UTC')"
    upper = _upper_ns(filter, after)
    if upper is not None:
        high = conditions.bind(_slice_seconds(upper), "UInt32")
        within += f" AND slice <= toDateTime({high}, 'UTC')"
    conditions.add(f"trace_id IN (SELECT trace_id FROM traces_by_time WHERE {within})")
    # A trace that began before this slice belongs to a later round.
    conditions.parameters["lower_ns"] = lower * 1_000_000_000


def _trace_level(having: Conditions, filter: TraceFilter, after: Place | None) -> None:
    if "lower_ns" in having.parameters:
        having.add("start_ns >= {lower_ns:Int64}")
    if after:
        start, trace_id = having.bind(after[0], "Int64"), having.bind(after[1], "String")
        having.add(f"(start_ns, id) < ({start}, {trace_id})")
    if filter.start:
        having.add(f"start_ns >= {having.bind(nanoseconds(filter.start), 'Int64')}")
    if filter.end:
        having.add(f"start_ns < {having.bind(nanoseconds(filter.end), 'Int64')}")
    having.any_of("root_name", filter.root_name)
    having.any_of("toString(root_status)", filter.status)
    having.at_least("(end_ns - start_ns) / 1e6", filter.duration_ms_min)
    having.at_most("(end_ns - start_ns) / 1e6", filter.duration_ms_max)
    having.at_least("tokens_total", filter.tokens_min)
    having.at_most("tokens_total", filter.tokens_max)
    having.at_least("cost_total", filter.cost_usd_min)
    having.at_most("cost_total", filter.cost_usd_max)
    having.at_least("error_count", filter.errors_min)
    if filter.evaluator is not None or filter.evaluation_label is not None:
        having.add(_evaluated(having, filter))


def _evaluated(having: Conditions, filter: TraceFilter) -> str:
    parts = []
    if filter.evaluator is not None:
        parts.append(f"evaluator = {having.bind(filter.evaluator, 'String')}")
    if filter.evaluation_label is not None:
        parts.append(f"label = {having.bind(filter.evaluation_label, 'String')}")
    inner = " AND ".join(parts)
    return f"(project, trace_id) IN (SELECT project, trace_id FROM evaluations FINAL WHERE {inner})"


def summary_view(summary: Summary, complete: bool) -> TraceSummary:
    """One line of a list of traces."""
    return TraceSummary(
        project=summary.key.project,
        trace_id=summary.key.trace_id,
        session_id=summary.session_id,
        user_id=summary.user_id,
        agent=summary.agent,
        root_name=summary.root_name,
        status=summary.status,
        started_at=instant(summary.start_ns),
        duration_ms=max(0, summary.end_ns - summary.start_ns) / 1e6,
        span_count=summary.span_count,
        error_count=summary.error_count,
        tokens_total=summary.tokens_total,
        cost_usd=summary.cost_usd,
        config_digest=summary.config_digest,
        complete=complete,
    )
