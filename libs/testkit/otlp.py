"""Builders of OTLP requests."""

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
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
