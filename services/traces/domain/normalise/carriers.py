"""Log events onto the spans that they tell of.

The door turns a GenAI log record into a carrier (see `libs.contracts.attributes.LOG_EVENT`). A
carrier becomes a row of kind `EVENT` with an id of its own, so that it replaces no span, and with
the span that it tells of as its parent. Whoever reads a trace joins carriers to their spans with
`join` and shows no span for them.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson

from libs.contracts.attributes import LOG_EVENT
from services.traces.domain.normalise import fields, genai_older
from services.traces.domain.normalise.shapes import Shape
from services.traces.domain.normalise.values import json_text
from services.traces.domain.span import SpanRow

KIND = "EVENT"
NO_SHAPE = Shape(frozenset(), "genai", (), (), {}, {}, frozenset(), ())


def make_carrier(row: SpanRow) -> None:
    """Turn the row of a carrier into an event of the span whose id it came with."""
    row.event_only, row.kind, row.family = True, KIND, "genai"
    row.name = row.name or _first_name(row)
    row.parent_span_id = row.span_id
    row.span_id = hashlib.sha256(f"{row.span_id}{row.events_json}".encode()).hexdigest()[:16]
    _read_events(row)


def join(row: SpanRow, carriers: Iterable[SpanRow]) -> None:
    """Add the carriers' events, equal ones once, and what they tell that the span did not."""
    events: list[dict[str, Any]] = orjson.loads(row.events_json or "[]")
    known = {orjson.dumps(event) for event in events}
    for carrier in carriers:
        for event in orjson.loads(carrier.events_json or "[]"):
            if (key := orjson.dumps(event)) not in known:
                known.add(key)
                events.append(event)
    events.sort(key=lambda event: event["time_ns"])
    row.events_json = json_text(events) if events else ""
    _read_events(row)


def join_present(rows: list[SpanRow], events: list[SpanRow]) -> None:
    """Join carriers to spans of the same list. The carriers stay: the span may be sent again."""
    by_span: dict[tuple[str, str | None], list[SpanRow]] = {}
    for event in events:
        by_span.setdefault((event.trace_id, event.parent_span_id), []).append(event)
    for row in rows:
        if not row.event_only and (found := by_span.get((row.trace_id, row.span_id))):
            join(row, found)


def is_carrier(row: SpanRow) -> bool:
    """Whether this span only carries log events."""
    return LOG_EVENT in row.attributes


def _first_name(row: SpanRow) -> str:
    events = orjson.loads(row.events_json or "[]")
    return str(events[0]["name"]) if events else KIND


def _read_events(row: SpanRow) -> None:
    events = genai_older.events_of(row)
    fields.keep_told(row, "gen_ai.input.messages", genai_older.told(row, NO_SHAPE, events))
    fields.keep_said(row, "gen_ai.output.messages", genai_older.said(row, NO_SHAPE, events))
    genai_older.read_evaluations(row, events)
