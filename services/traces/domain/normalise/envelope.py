"""What every span has, whatever its attributes mean: ids, times, status, events, links."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from services.traces.domain.normalise.values import RAW_PREFIX, Attributes, json_text
from services.traces.domain.span import Scalar, SpanRow

STATUSES = ("UNSET", "OK", "ERROR")
INT64_MAX = 2**63 - 1
NO_TRACE, NO_SPAN, NO_PARENT = bytes(16), bytes(8), "0" * 16
OTEL_KIND_MAX = 5
FLAGS_MAX = 64
RESOURCES_MAX = 512
RESOURCE_BYTES_MAX = 16_384
"""A larger resource is not remembered."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Resource and scope of a span."""

    project: str
    resource: dict[str, Scalar]
    scope_name: str
    scope_version: str
    damaged: tuple[str, ...]


class Envelopes:
    """Rows without meaning yet. Not for two threads at once."""

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self._origins: dict[bytes, Origin] = {}

    def held(self) -> dict[str, int]:
        """How much is remembered."""
        return {**self._attributes.held(), "resources": len(self._origins)}

    def origin(self, resource: Any, scope: Any) -> Origin:
        """The resource and scope of the spans that follow; equal ones are one object."""
        key = resource.SerializePartialToString() + b"\xff" + scope.SerializePartialToString()
        origin = self._origins.get(key)
        if origin is None:
            origin = self._read_origin(resource, scope)
            if len(self._origins) >= RESOURCES_MAX:
                self._origins.clear()
            if len(key) <= RESOURCE_BYTES_MAX:
                self._origins[key] = origin
        return origin

    def _read_origin(self, resource: Any, scope: Any) -> Origin:
        found, _, damaged = self._attributes.read(resource.attributes)
        of_scope, _, scope_damaged = self._attributes.read(scope.attributes)
        found.update({f"otel.scope.attributes.{key}": value for key, value in of_scope.items()})
        project = found.get("openinference.project.name") or found.get("service.name") or "default"
        return Origin(
            project=str(project),
            resource=found,
            scope_name=_text(scope.name),
            scope_version=_text(scope.version),
            damaged=tuple(f"resource:{key}" for key in (*damaged, *scope_damaged)),
        )

    def row(self, span: Any, origin: Origin) -> SpanRow:
        """Everything but the meaning of the attributes."""
        attributes, structured, damaged = self._attributes.read(span.attributes)
        trace_id, span_id, name = span.trace_id, span.span_id, span.name
        start, end = span.start_time_unix_nano, span.end_time_unix_nano
        row = SpanRow(
            project=origin.project,
            trace_id=trace_id.hex(),
            span_id=span_id.hex(),
            parent_span_id=span.parent_span_id.hex() or None,
            name=name,
            start_ns=start,
            end_ns=end,
            otel_kind=span.kind,
            attributes=attributes,
            json_attributes=structured,
            resource=origin.resource,
            scope_name=origin.scope_name,
            scope_version=origin.scope_version,
        )
        if span.HasField("status"):
            status = span.status
            if 0 <= (code := status.code) <= 2:
                row.status = STATUSES[code]
            else:
                _keep_raw(row, "status", code)
            if message := status.message:
                row.status_message = _text(message)
        if len(trace_id) != 16 or len(span_id) != 8 or trace_id == NO_TRACE or span_id == NO_SPAN:
            _repair_ids(row, span)
        if (parent := row.parent_span_id) is not None and (
            len(parent) != 16 or parent == row.span_id or parent == NO_PARENT
        ):
            _repair_parent(row)
        if not 0 < start <= end <= INT64_MAX:
            _repair_times(row)
        if type(name) is not str or not 0 <= row.otel_kind <= OTEL_KIND_MAX:
            _repair_name_and_kind(row)
        if span.trace_state:
            row.trace_state = _text(span.trace_state)
        if events := span.events:
            self._read_events(row, events)
        if links := span.links:
            self._read_links(row, links)
        if span.dropped_attributes_count or span.dropped_events_count or span.dropped_links_count:
            _note_dropped(row, span)
        if damaged or origin.damaged:
            _flag_attributes(row, damaged, origin)
        return row

    def _read_events(self, row: SpanRow, events: Any) -> None:
        told = []
        for event in events:
            attributes, damaged = self._nested(event.attributes)
            if damaged or type(event.name) is not str:
                _flag(row, "events")
            told.append(
                {
                    "name": _text(event.name),
                    "time_ns": event.time_unix_nano,
                    "attributes": attributes,
                }
            )
        row.events_json = json_text(told)

    def _read_links(self, row: SpanRow, links: Any) -> None:
        told = []
        for link in links:
            attributes, damaged = self._nested(link.attributes)
            if damaged:
                _flag(row, "links")
            told.append(
                {
                    "trace_id": link.trace_id.hex(),
                    "span_id": link.span_id.hex(),
                    "attributes": attributes,
                }
            )
        row.links_json = json_text(told)

    def _nested(self, encoded: Any) -> tuple[dict[str, Any], list[str]]:
        found, structured, damaged = self._attributes.read(encoded)
        told: dict[str, Any] = found
        for name in structured:
            told[name] = orjson.Fragment(str(found[name]))
        return told, damaged


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")


def _flag(row: SpanRow, part: str) -> None:
    if part not in row.flags and len(row.flags) < FLAGS_MAX:
        row.flags = (*row.flags, part)


def _keep_raw(row: SpanRow, part: str, raw: Scalar) -> None:
    _flag(row, part)
    row.attributes[RAW_PREFIX + part] = raw


def _repair_ids(row: SpanRow, span: Any) -> None:
    """Invalid ids come from the span's content instead: the span sent again has them again."""
    digest = hashlib.sha256(span.SerializePartialToString(deterministic=True)).hexdigest()
    if len(span.trace_id) != 16 or span.trace_id == NO_TRACE:
        _keep_raw(row, "trace_id", row.trace_id)
        row.trace_id = digest[:32]
    if len(span.span_id) != 8 or span.span_id == NO_SPAN:
        _keep_raw(row, "span_id", row.span_id)
        row.span_id = digest[32:48]


def _repair_parent(row: SpanRow) -> None:
    if row.parent_span_id != NO_PARENT:
        _keep_raw(row, "parent_span_id", row.parent_span_id)
    row.parent_span_id = None


def _repair_times(row: SpanRow) -> None:
    for part in ("start", "end"):
        time_ns = getattr(row, f"{part}_ns")
        if time_ns == 0:
            _flag(row, f"{part}_time")
        elif time_ns > INT64_MAX:
            _keep_raw(row, f"{part}_time", str(time_ns))
            setattr(row, f"{part}_ns", INT64_MAX)
    if row.end_ns < row.start_ns:
        _flag(row, "end_before_start")


def _repair_name_and_kind(row: SpanRow) -> None:
    if not isinstance(row.name, str):
        row.name = _text(row.name)
        _flag(row, "name")
    if not 0 <= row.otel_kind <= OTEL_KIND_MAX:
        _keep_raw(row, "kind", row.otel_kind)
        row.otel_kind = 0


def _note_dropped(row: SpanRow, span: Any) -> None:
    """What the sender's SDK left out is not lost silently."""
    for part in ("attributes", "events", "links"):
        if count := getattr(span, f"dropped_{part}_count"):
            row.attributes[f"otel.dropped_{part}_count"] = count


def _flag_attributes(row: SpanRow, damaged: list[str], origin: Origin) -> None:
    for name in origin.damaged:
        _flag(row, name)
    for name in damaged:
        _flag(row, f"attribute:{name}")
    if len(row.flags) >= FLAGS_MAX:
        row.flags = (*row.flags[: FLAGS_MAX - 1], "more")
