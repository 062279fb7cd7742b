"""OTLP spans of every understood family into one span model."""

from collections.abc import Callable
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from libs.contracts import attributes as pawl
from services.traces.domain.normalise import openinference
from services.traces.domain.normalise.values import flatten, json_text
from services.traces.domain.span import Scalar, SpanRow

STATUS = ("UNSET", "OK", "ERROR")
Prices = Callable[[SpanRow], float | None]


def normalise(request: ExportTraceServiceRequest, prices: Prices | None = None) -> list[SpanRow]:
    """One row a span, in the order of the request. Never raises on bad content."""
    rows: list[SpanRow] = []
    for group in request.resource_spans:
        resource, _ = flatten(group.resource.attributes)
        for scoped in group.scope_spans:
            rows.extend(_row(span, resource, scoped.scope) for span in scoped.spans)
    return rows


def _row(span: Span, resource: dict[str, Scalar], scope: Any) -> SpanRow:
    attributes, structured = flatten(span.attributes)
    row = SpanRow(
        project=str(
            resource.get("openinference.project.name") or resource.get("service.name") or "default"
        ),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_span_id=span.parent_span_id.hex() or None,
        name=span.name,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        otel_kind=span.kind,
        attributes=attributes,
        json_attributes=structured,
        resource=resource,
        scope_name=scope.name,
        scope_version=scope.version,
    )
    if span.HasField("status"):
        row.status = STATUS[span.status.code] if 0 <= span.status.code < 3 else "UNSET"
        row.status_message = span.status.message
    if span.events:
        row.events_json = json_text(
            [
                {
                    "name": event.name,
                    "time_ns": event.time_unix_nano,
                    "attributes": flatten(event.attributes)[0],
                }
                for event in span.events
            ]
        )
    if "openinference.span.kind" in attributes:
        row.family = "openinference"
        openinference.apply(row)
    agent, digest = attributes.get(pawl.AGENT), attributes.get(pawl.CONFIG_DIGEST)
    row.agent = agent if isinstance(agent, str) else None
    row.config_digest = digest if isinstance(digest, str) else None
    return row
