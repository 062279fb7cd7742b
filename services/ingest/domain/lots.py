"""Encoded spans of one trace, put together into one `ExportTraceServiceRequest`."""

from dataclasses import dataclass, field

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from services.ingest.domain.spans import NO_SPAN, complaint
from services.ingest.domain.wire import ITEMS_TAG, RESOURCES_TAG, SCOPES_TAG, framed, prefix

Heads = tuple[bytes, bytes]
"""Resource head, scope head."""


@dataclass(slots=True)
class Lot:
    """Spans of one trace id, grouped by what stood around them."""

    trace_id: bytes
    groups: dict[Heads, list[bytes]] = field(default_factory=dict)
    size: int = 0
    spans: int = 0

    def add(self, heads: Heads, span: bytes) -> None:
        group = self.groups.get(heads)
        if group is None:
            group = self.groups[heads] = []
            self.size += len(heads[0]) + len(heads[1])
        group.append(span)
        self.size += len(span)
        self.spans += 1

    def encode(self) -> bytes:
        """The bytes of the request; nothing is decoded."""
        parts: list[bytes] = []
        for (resource, scope), spans in self.groups.items():
            inner = [scope]
            for span in spans:
                inner += (prefix(ITEMS_TAG, len(span)), span)
            parts.append(framed(RESOURCES_TAG, resource + framed(SCOPES_TAG, b"".join(inner))))
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A lot as readers will see it. `zero_parents`: some roots name eight zero bytes as parent."""

    request: ExportTraceServiceRequest
    zero_parents: bool


def decode(lot: Lot, value: bytes) -> Decoded | None:
    """The request as readers will see it; None when it is not what the lot says it is."""
    try:
        request = ExportTraceServiceRequest.FromString(value)
    except DecodeError:
        return None
    seen = 0
    parents: set[bytes] = set()
    for group in request.resource_spans:
        for scope in group.scope_spans:
            spans = scope.spans
            seen += len(spans)
            for span in spans:
                if span.trace_id != lot.trace_id or complaint(span) is not None:
                    return None
                parents.add(span.parent_span_id)
    return Decoded(request, NO_SPAN in parents) if seen == lot.spans else None


def clear_zero_parents(request: ExportTraceServiceRequest) -> None:
    """What some exporters write for a root becomes what all others write: no parent."""
    for group in request.resource_spans:
        for scope in group.scope_spans:
            for span in scope.spans:
                if span.parent_span_id == NO_SPAN:
                    span.ClearField("parent_span_id")
