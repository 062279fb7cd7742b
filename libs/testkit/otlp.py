"""Builders of OTLP requests."""

from collections.abc import Mapping, Sequence

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

START_NS = 1_790_000_000_000_000_000


def span_of(trace: int, span: int, parent: int | None = None, **attributes: str) -> Span:
    """A span with small numbers as ids and text attributes; `__` in a name stands for a dot."""
    made = Span(
        trace_id=trace.to_bytes(16, "big"),
        span_id=span.to_bytes(8, "big"),
        name=f"span {span}",
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=START_NS,
        end_time_unix_nano=START_NS + 1_000_000,
    )
    if parent is not None:
        made.parent_span_id = parent.to_bytes(8, "big")
    for key, value in attributes.items():
        made.attributes.add(key=key.replace("__", ".")).value.string_value = value
    return made


def export_request(
    *spans: Span, scope: str = "testkit", **resource: str
) -> ExportTraceServiceRequest:
    """One resource (attributes by name, `__` for a dot), one scope, these spans."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    for key, value in resource.items():
        group.resource.attributes.add(key=key.replace("__", ".")).value.string_value = value
    scoped = group.scope_spans.add()
    scoped.scope.name = scope
    scoped.spans.extend(spans)
    return request


def any_value(value: object) -> AnyValue:
    """A plain value (text, bool, number, bytes, list, map, None) as OTLP has it."""
    made = AnyValue()
    if isinstance(value, bool):
        made.bool_value = value
    elif isinstance(value, str):
        made.string_value = value
    elif isinstance(value, int):
        made.int_value = value
    elif isinstance(value, float):
        made.double_value = value
    elif isinstance(value, bytes):
        made.bytes_value = value
    elif isinstance(value, Mapping):
        made.kvlist_value.values.extend(attribute(str(key), item) for key, item in value.items())
    elif isinstance(value, Sequence):
        made.array_value.values.extend(any_value(item) for item in value)
    return made


def attribute(key: str, value: object) -> KeyValue:
    """One attribute."""
    return KeyValue(key=key, value=any_value(value))


def described(span: Span, attributes: Mapping[str, object]) -> Span:
    """The span, with more attributes of any type under their real names."""
    span.attributes.extend(attribute(key, value) for key, value in attributes.items())
    return span


def happened(
    span: Span, name: str, attributes: Mapping[str, object], at_ns: int = START_NS
) -> Span:
    """The span, with one more event."""
    event = span.events.add(name=name, time_unix_nano=at_ns)
    event.attributes.extend(attribute(key, value) for key, value in attributes.items())
    return span
