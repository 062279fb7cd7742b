"""Projects and sessions, summed up."""

from collections.abc import Sequence
from typing import Any

from libs.runtime.auth import Principal
from libs.storage.clickhouse import ClickHouse
from services.traces.adapters.conditions import Conditions, scope
from services.traces.adapters.summaries import SPENDS, SUMMARY, summary_of
from services.traces.domain.completion import Summary

Row = Sequence[Any]
IN_SESSION = (
    "(project, trace_id) IN (SELECT project, trace_id FROM sessions WHERE session_id = {session})"
)


async def projects(
    store: ClickHouse, principal: Principal, count: int, after: str | None
) -> Sequence[Row]:
    """(name, spans, traces, errors, first ns, last ns), by name."""
    conditions = Conditions()
    scope(conditions, principal, [])
    if after is not None:
        conditions.add(f"project > {conditions.bind(after, 'String')}")
    limit = conditions.bind(count, "UInt32")
    return await store.rows(
        "SELECT project, count(), uniqExact(trace_id), countIf(status = 'ERROR'),"
        " min(toUnixTimestamp64Nano(started_at)), max(toUnixTimestamp64Nano(ended_at))"
        f" FROM spans FINAL WHERE {conditions.sql}"
        f" GROUP BY project ORDER BY project LIMIT {limit}",
        conditions.parameters,
    )


async def session_totals(
    store: ClickHouse, principal: Principal, session_id: str, project: str | None
) -> Row | None:
    """(projects, users, traces, spans, errors, tokens, cost, first ns, last ns), or None."""
    conditions = _session(principal, session_id, project)
    rows = await store.rows(
        "SELECT arraySort(groupUniqArray(project)), arraySort(groupUniqArray(user_id)),"
        " uniqExact(project, trace_id), count() AS spans, countIf(status = 'ERROR'),"
        f" sumIf(ifNull(tokens_input, 0) + ifNull(tokens_output, 0), {SPENDS}),"
        f" sumIf(ifNull(cost_usd, 0), {SPENDS}),"
        " min(toUnixTimestamp64Nano(started_at)), max(toUnixTimestamp64Nano(ended_at))"
        f" FROM spans FINAL WHERE {conditions.sql} HAVING spans > 0",
        conditions.parameters,
    )
    return rows[0] if rows else None


async def session_traces(
    store: ClickHouse,
    principal: Principal,
    session_id: str,
    project: str | None,
    count: int,
    after: tuple[int, str] | None,
) -> list[Summary]:
    """Traces of a session, oldest first."""
    conditions = _session(principal, session_id, project)
    having = "1"
    if after:
        start = conditions.bind(after[0], "Int64")
        having = f"(start_ns, id) > ({start}, {conditions.bind(after[1], 'String')})"
    limit = conditions.bind(count, "UInt32")
    rows = await store.rows(
        f"SELECT {SUMMARY} FROM spans FINAL WHERE {conditions.sql}"
        f" GROUP BY project, trace_id HAVING {having} ORDER BY start_ns, id LIMIT {limit}",
        conditions.parameters,
    )
    return [summary_of(row) for row in rows]


def _session(principal: Principal, session_id: str, project: str | None) -> Conditions:
    conditions = Conditions()
    scope(conditions, principal, [project] if project else [])
    conditions.add(IN_SESSION.format(session=conditions.bind(session_id, "String")))
    return conditions
