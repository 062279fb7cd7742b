"""GenAI log events become carriers that the trace store joins to their spans (`LOG_EVENT`)."""

import hashlib

from google.protobuf.message import DecodeError
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from libs.contracts.attributes import LOG_BODY, LOG_EVENT, LOG_SEVERITY
from services.ingest.domain.refusals import Refusals
from services.ingest.domain.spans import NO_SPAN, NO_TRACE, UnfitError
from services.ingest.domain.wire import ResourceItems, ScopeItems

GENAI_PREFIX = "gen_ai."
NAME_ATTRIBUTE = "event.name"
"""Where events had their name before log records got a field for it."""


def carriers(resources: list[ResourceItems], refusals: Refusals) -> list[ResourceItems]:
    """The same resources with a carrier span for each GenAI record; other records are left out."""
    return [
        ResourceItems(
            resource.head,
            [ScopeItems(scope.head, _carriers(scope.items, refusals)) for scope in resource.scopes],
        )
        for resource in resources
    ]


def _carriers(records: list[bytes], refusals: Refusals) -> list[bytes]:
    found: list[bytes] = []
    for encoded in records:
        if GENAI_PREFIX.encode() not in encoded:
            continue  # no need to decode what is not kept
        try:
            record = _decoded(encoded)
            if (name := _name(record)).startswith(GENAI_PREFIX):
                found.append(_carrier(record, name).SerializeToString())
        except UnfitError as error:
            refusals.refuse(str(error))
    return found


def _decoded(encoded: bytes) -> LogRecord:
    try:
        return LogRecord.FromString(encoded)
    except DecodeError as error:
        raise UnfitError(
            "the log record cannot be decoded: broken, nested too deep, or not UTF-8"
        ) from error


def _name(record: LogRecord) -> str:
    if record.event_name:
        return record.event_name
    for pair in record.attributes:
        if pair.key == NAME_ATTRIBUTE:
            return pair.value.string_value
    return ""


def _carrier(record: LogRecord, name: str) -> Span:
    if len(record.trace_id) != 16 or record.trace_id == NO_TRACE:
        raise UnfitError(f"{name} names no trace: log it inside the span that it belongs to")
    at_ns = record.time_unix_nano or record.observed_time_unix_nano
    names_span = len(record.span_id) == 8 and record.span_id != NO_SPAN
    carrier = Span(
        trace_id=record.trace_id,
        span_id=record.span_id if names_span else _span_id_for(record.trace_id),
        start_time_unix_nano=at_ns,
        end_time_unix_nano=at_ns,
    )
    of = "span" if names_span else "trace"
    carrier.attributes.add(key=LOG_EVENT).value.string_value = of
    event = carrier.events.add(name=name, time_unix_nano=at_ns)
    event.attributes.extend(record.attributes)
    if record.HasField("body"):
        event.attributes.add(key=LOG_BODY).value.CopyFrom(record.body)
    if record.severity_number:
        event.attributes.add(key=LOG_SEVERITY).value.int_value = record.severity_number
    return carrier


def _span_id_for(trace_id: bytes) -> bytes:
    """Equal for every carrier of the trace, and no span's."""
    return hashlib.sha256(b"pawl.log.event" + trace_id).digest()[:8]
