"""What makes one encoded span fit to keep."""

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from services.ingest.domain.wire import ITEMS_TAG, RESOURCES_TAG, SCOPES_TAG, framed

NO_TRACE = bytes(16)
NO_SPAN = bytes(8)
IDS_END = 28
"""Every exporter writes `0A 10 <trace id> 12 08 <span id>` first."""


class UnfitError(Exception):
    """The span cannot be kept."""


def trace_id_of(span: bytes) -> bytes | None:
    """The trace id from its usual place; None when the span has to be decoded to know."""
    if len(span) >= IDS_END and span[:2] == b"\x0a\x10" and span[18:20] == b"\x12\x08":
        return span[2:18]
    return None


def complaint(span: Span) -> str | None:
    """Why the span is refused, or None."""
    trace_id, span_id, parent_id = span.trace_id, span.span_id, span.parent_span_id
    if len(trace_id) != 16 or trace_id == NO_TRACE:
        return f"trace_id must be 16 bytes, not all zero; came {_shown(trace_id)}"
    if len(span_id) != 8 or span_id == NO_SPAN:
        return f"span_id must be 8 bytes, not all zero; came {_shown(span_id)}"
    if parent_id and len(parent_id) != 8:
        return f"parent_span_id must be 8 bytes or empty; came {_shown(parent_id)}"
    return None


def checked(encoded: bytes) -> Span:
    """Decode one span as deep as a reader of the log will, or raise `UnfitError`."""
    body = framed(RESOURCES_TAG, framed(SCOPES_TAG, framed(ITEMS_TAG, encoded)))
    try:
        span = ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans[0]
    except DecodeError as error:
        raise UnfitError("the span cannot be decoded: broken, nested too deep, or not UTF-8") from (
            error
        )
    if (reason := complaint(span)) is not None:
        raise UnfitError(reason)
    return span


def _shown(value: bytes) -> str:
    return f"{len(value)} bytes" + (", all zero" if value and not any(value) else "")
