"""Log events that came beside spans: stored on their own, joined to their span when it is read."""

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from libs.contracts.attributes import LOG_EVENT
from libs.storage.clickhouse import ClickHouse
from services.traces.adapters.columns import NO_PARENT, Stored, expiry, texts
from services.traces.adapters.conditions import Conditions
from services.traces.domain.normalise.carriers import join
from services.traces.domain.span import SpanRow

NO_SPAN = "0" * 16
JOINED = {
    "input": "input",
    "output": "output",
    "events": "events_json",
    "messages_input": "messages_input_json",
    "messages_output": "messages_output_json",
}
"""Columns that a log event may fill, and the fields of a span row they are."""


def carrier_columns(carriers: Sequence[Stored], retention_days: Callable[[str], int]) -> pa.Table:
    """Columns of the `span_events` table."""
    rows = [carrier.row for carrier in carriers]
    ids = {
        "trace_id": pa.array([bytes.fromhex(row.trace_id) for row in rows], pa.binary(16)),
        "span_id": pa.array([_target(row) for row in rows], pa.binary(8)),
        "event_id": pa.array([bytes.fromhex(row.span_id) for row in rows], pa.binary(8)),
    }
    received = pa.array([carrier.received_ms for carrier in carriers], pa.int64())
    return pa.table(
        {
            "project": texts([row.project for row in rows]),
            "events": texts([row.events_json for row in rows]),
            "received_at": received.cast(pa.timestamp("ms", "UTC")),
            "version": pa.array([carrier.version for carrier in carriers], pa.uint64()),
            "expires_at": expiry(carriers, retention_days),
        }
        | ids
    )


def _target(row: SpanRow) -> bytes:
    if row.attributes.get(LOG_EVENT) == "trace" or row.parent_span_id is None:
        return NO_PARENT
    return bytes.fromhex(row.parent_span_id)


Carriers = dict[str, list[str]]
"""JSON texts of events, by span id; those of the root by `NO_SPAN`."""


async def carriers_of(store: ClickHouse, where: Conditions) -> dict[str, Carriers]:
    """Everything that log events told of a trace, by project."""
    return await _carriers_by("project", store, where)


async def carriers_by_trace(store: ClickHouse, where: Conditions) -> dict[str, Carriers]:
    """Everything that log events told of some traces of one project, by trace id."""
    return await _carriers_by("lower(hex(trace_id))", store, where)


async def _carriers_by(key: str, store: ClickHouse, where: Conditions) -> dict[str, Carriers]:
    found: dict[str, Carriers] = {}
    rows = await store.rows(
        f"SELECT {key}, lower(hex(span_id)), events FROM span_events FINAL"
        f" WHERE {where.sql} ORDER BY span_id, event_id",
        where.parameters,
    )
    for name, span_id, events in rows:
        found.setdefault(name, {}).setdefault(span_id, []).append(events)
    return found


def joined(
    rows: Sequence[Sequence[Any]], names: Sequence[str], carriers: Carriers
) -> Sequence[Sequence[Any]]:
    """The rows, with events and what they tell filled in. `names` are the rows' columns."""
    if not carriers:
        return rows
    found = []
    for row in rows:
        got = dict(zip(names, row, strict=True))
        told = list(carriers.get(got["span"], ()))
        if got["parent"] == NO_SPAN:
            told += carriers.get(NO_SPAN, ())
        found.append(tuple(_join(got, told).values()) if told else row)
    return found


def _join(got: dict[str, Any], told: list[str]) -> dict[str, Any]:
    row = _bare(**{field: got[name] for name, field in JOINED.items() if name in got})
    join(row, [_bare(events_json=events) for events in told])
    filled = {name: getattr(row, field) or "" for name, field in JOINED.items() if name in got}
    if "has_input" in got:
        filled["has_input"] = bool(filled["input"]) or got["has_input"]
        filled["has_output"] = bool(filled["output"]) or got["has_output"]
    return got | filled


def _bare(**fields: str) -> SpanRow:
    return SpanRow("", "", "", None, "", 0, 0, **fields)  # type: ignore[arg-type]
