"""Rows of the `spans` table as the API shows them."""

from collections.abc import Sequence
from typing import Any

import orjson

from libs.contracts.api import SpanView
from services.traces.adapters.columns import (
    INPUT_KEY,
    LIFTED_INPUT,
    LIFTED_OUTPUT,
    OUTPUT_KEY,
)
from services.traces.domain.completion import instant

COLUMNS = """
    project, lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS span,
    lower(hex(parent_span_id)) AS parent, name, kind, otel_kind, family, status, status_message,
    toUnixTimestamp64Nano(started_at) AS start_ns, toUnixTimestamp64Nano(ended_at) AS end_ns,
    duration_ms, session_id, user_id, agent, config_digest, model, provider, tool_name,
    tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, tokens_reasoning, cost_usd,
    has_input, has_output, input, output, messages_input, messages_output, tools, documents,
    attributes, lifted, resource, scope_name, scope_version, events, links, flags
"""
NAMES = tuple(part.split(" AS ")[-1].strip() for part in COLUMNS.split(",") if part.strip())
NO_PARENT = "0" * 16
OPTIONAL_TEXTS = (
    "session_id",
    "user_id",
    "agent",
    "config_digest",
    "model",
    "provider",
    "tool_name",
)
JSON_LISTS = ("events", "links")
JSON_VALUES = ("messages_input", "messages_output", "tools", "documents")


def span_fields(row: Sequence[Any]) -> dict[str, Any]:
    """A row of `COLUMNS` as the fields of a `SpanView`, JSON texts parsed."""
    got = dict(zip(NAMES, row, strict=True))
    fields = got | {
        "trace_id": got["trace"],
        "span_id": got["span"],
        "parent_span_id": got["parent"] if got["parent"] != NO_PARENT else None,
        "started_at": instant(got["start_ns"]),
        "ended_at": instant(got["end_ns"]),
        "input": got["input"] if got["has_input"] else None,
        "output": got["output"] if got["has_output"] else None,
        "attributes": attributes_of(got),
        "resource": orjson.loads(got["resource"] or "{}"),
        "flags": tuple(got["flags"]),
    }
    for name in OPTIONAL_TEXTS:
        fields[name] = got[name] or None
    for name in JSON_LISTS:
        fields[name] = tuple(orjson.loads(got[name] or "[]"))
    for name in JSON_VALUES:
        fields[name] = orjson.loads(got[name]) if got[name] else None
    return fields


def attributes_of(got: dict[str, Any]) -> dict[str, Any]:
    """Every raw attribute: those kept as columns are put back."""
    attributes: dict[str, Any] = orjson.loads(got["attributes"] or "{}")
    if got["lifted"] & LIFTED_INPUT:
        attributes[INPUT_KEY] = got["input"]
    if got["lifted"] & LIFTED_OUTPUT:
        attributes[OUTPUT_KEY] = got["output"]
    return attributes


def span_view(row: Sequence[Any]) -> SpanView:
    """A row of `COLUMNS` for the API."""
    return SpanView.model_validate(span_fields(row))
