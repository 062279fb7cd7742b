"""OTLP requests in JSON, cut into encoded items as `wire.walk` cuts protobuf ones.

A part that cannot be read is refused by itself: a span, or all spans of a broken resource.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from services.ingest.domain.json_values import (
    a_list,
    an_object,
    fill_attributes,
    fill_value,
    hex_id,
    nanoseconds,
    text,
    uint32,
    whole,
)
from services.ingest.domain.refusals import Refusals
from services.ingest.domain.spans import UnfitError
from services.ingest.domain.wire import MalformedError, ResourceItems, ScopeItems, TooManyError

ENUM_MAX = 2**31 - 1
NODES_MAX = 1_000_000
"""Objects and arrays in one body: each takes some hundred bytes, however short it was."""


@dataclass(frozen=True)
class JsonShape:
    """Where a signal keeps its items, and how one is encoded."""

    resources: str
    scopes: str
    items: str
    encode: Callable[[dict[str, Any], str], bytes]


def cut_json(
    body: bytes, shape: JsonShape, items_max: int, refusals: Refusals
) -> list[ResourceItems]:
    """The encoded items of a body; raises `MalformedError` or `TooManyError`."""
    parsed = parsed_object(body)
    try:
        groups = a_list(parsed.get(shape.resources), shape.resources)
        return _Cut(shape, items_max, refusals).resources(groups)
    except UnfitError as error:
        raise MalformedError(str(error)) from error


def parsed_object(body: bytes) -> dict[str, Any]:
    """The body as a JSON object; raises `MalformedError` or `TooManyError`."""
    if body.count(b"{") + body.count(b"[") > NODES_MAX:
        raise TooManyError(f"over {NODES_MAX} objects and arrays: send smaller batches")
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedError(f"the body is not JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise MalformedError(f"the body must be a JSON object; came a {type(parsed).__name__}")
    return parsed


class _Cut:
    def __init__(self, shape: JsonShape, items_max: int, refusals: Refusals) -> None:
        self._shape = shape
        self._left = items_max
        self._refusals = refusals

    def resources(self, groups: list[Any]) -> list[ResourceItems]:
        found: list[ResourceItems] = []
        for number, group in enumerate(groups):
            path = f"{self._shape.resources}[{number}]"
            fields = an_object(group, path)
            scopes = self._scopes(fields, path)
            try:
                found.append(ResourceItems(_resource_head(fields, path), scopes))
            except UnfitError as error:
                self._refusals.refuse(str(error), sum(len(scope.items) for scope in scopes))
        return found

    def _scopes(self, resource: dict[str, Any], path: str) -> list[ScopeItems]:
        found: list[ScopeItems] = []
        scopes = a_list(resource.get(self._shape.scopes), f"{path}.{self._shape.scopes}")
        for number, scope in enumerate(scopes):
            place = f"{path}.{self._shape.scopes}[{number}]"
            fields = an_object(scope, place)
            items = self._items(fields, place)
            try:
                found.append(ScopeItems(_scope_head(fields, place), items))
            except UnfitError as error:
                self._refusals.refuse(str(error), len(items))
        return found

    def _items(self, scope: dict[str, Any], path: str) -> list[bytes]:
        found: list[bytes] = []
        name = self._shape.items
        items = a_list(scope.get(name), f"{path}.{name}")
        self._left -= len(items)
        if self._left < 0:
            raise TooManyError(f"too many {name} in one request: send smaller batches")
        for item in items:
            try:
                found.append(self._shape.encode(an_object(item, f"{name}[]"), f"{name}[]"))
            except UnfitError as error:
                self._refusals.refuse(str(error))
        return found


def _resource_head(fields: dict[str, Any], path: str) -> bytes:
    message = ResourceSpans(schema_url=text(fields.get("schemaUrl"), f"{path}.schemaUrl"))
    resource = an_object(fields.get("resource"), f"{path}.resource")
    fill_attributes(
        message.resource.attributes, resource.get("attributes"), f"{path}.resource.attributes"
    )
    message.resource.dropped_attributes_count = uint32(
        resource.get("droppedAttributesCount"), f"{path}.resource.droppedAttributesCount"
    )
    return message.SerializeToString()


def _scope_head(fields: dict[str, Any], path: str) -> bytes:
    message = ScopeSpans(schema_url=text(fields.get("schemaUrl"), f"{path}.schemaUrl"))
    scope = an_object(fields.get("scope"), f"{path}.scope")
    message.scope.name = text(scope.get("name"), f"{path}.scope.name")
    message.scope.version = text(scope.get("version"), f"{path}.scope.version")
    fill_attributes(message.scope.attributes, scope.get("attributes"), f"{path}.scope.attributes")
    return message.SerializeToString()


def _span(fields: dict[str, Any], path: str) -> bytes:
    get = fields.get
    span = Span(
        trace_id=hex_id(get("traceId"), f"{path}.traceId"),
        span_id=hex_id(get("spanId"), f"{path}.spanId"),
        parent_span_id=hex_id(get("parentSpanId"), f"{path}.parentSpanId"),
        trace_state=text(get("traceState"), f"{path}.traceState"),
        name=text(get("name"), f"{path}.name"),
        flags=uint32(get("flags"), f"{path}.flags"),
        kind=whole(get("kind"), f"{path}.kind", 0, ENUM_MAX),  # type: ignore[arg-type]
        start_time_unix_nano=nanoseconds(get("startTimeUnixNano"), f"{path}.startTimeUnixNano"),
        end_time_unix_nano=nanoseconds(get("endTimeUnixNano"), f"{path}.endTimeUnixNano"),
    )
    fill_attributes(span.attributes, get("attributes"), f"{path}.attributes")
    if (status := get("status")) is not None:
        status = an_object(status, f"{path}.status")
        code = whole(status.get("code"), f"{path}.status.code", 0, ENUM_MAX)
        span.status.code = code  # type: ignore[assignment]
        span.status.message = text(status.get("message"), f"{path}.status.message")
    _fill_events(span, get("events"), f"{path}.events")
    _fill_links(span, get("links"), f"{path}.links")
    for name in ("Attributes", "Events", "Links"):
        count = uint32(get(f"dropped{name}Count"), f"{path}.dropped{name}Count")
        setattr(span, f"dropped_{name.lower()}_count", count)
    return span.SerializeToString()


def _fill_events(span: Span, value: Any, path: str) -> None:
    for item in a_list(value, path):
        fields = an_object(item, path)
        event = span.events.add(
            name=text(fields.get("name"), f"{path}.name"),
            time_unix_nano=nanoseconds(fields.get("timeUnixNano"), f"{path}.timeUnixNano"),
        )
        fill_attributes(event.attributes, fields.get("attributes"), f"{path}.attributes")


def _fill_links(span: Span, value: Any, path: str) -> None:
    for item in a_list(value, path):
        fields = an_object(item, path)
        link = span.links.add(
            trace_id=hex_id(fields.get("traceId"), f"{path}.traceId"),
            span_id=hex_id(fields.get("spanId"), f"{path}.spanId"),
            trace_state=text(fields.get("traceState"), f"{path}.traceState"),
        )
        fill_attributes(link.attributes, fields.get("attributes"), f"{path}.attributes")


def _log_record(fields: dict[str, Any], path: str) -> bytes:
    get = fields.get
    severity = whole(get("severityNumber"), f"{path}.severityNumber", 0, ENUM_MAX)
    record = LogRecord(
        trace_id=hex_id(get("traceId"), f"{path}.traceId"),
        span_id=hex_id(get("spanId"), f"{path}.spanId"),
        event_name=text(get("eventName"), f"{path}.eventName"),
        severity_number=severity,  # type: ignore[arg-type]
        severity_text=text(get("severityText"), f"{path}.severityText"),
        time_unix_nano=nanoseconds(get("timeUnixNano"), f"{path}.timeUnixNano"),
        observed_time_unix_nano=nanoseconds(
            get("observedTimeUnixNano"), f"{path}.observedTimeUnixNano"
        ),
    )
    if get("body") is not None:
        fill_value(record.body, get("body"), f"{path}.body")
    fill_attributes(record.attributes, get("attributes"), f"{path}.attributes")
    return record.SerializeToString()


SPANS = JsonShape("resourceSpans", "scopeSpans", "spans", _span)
LOGS = JsonShape("resourceLogs", "scopeLogs", "logRecords", _log_record)
