"""The OTLP request, decoded so that one bad part cannot refuse the rest.

Same wire format as `ExportTraceServiceRequest`, two differences. Strings are proto2 strings: the
decoder hands back bytes where they are not UTF-8, instead of refusing the request. Each attribute
stays one undecoded `bytes`: it cannot nest too deep for the decoder, a broken one is a broken
attribute and not a broken request, and reading it is faster (see `values`).
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

PACKAGE = "pawl.otlp.lenient"
_Field = descriptor_pb2.FieldDescriptorProto
STRING, BYTES = _Field.TYPE_STRING, _Field.TYPE_BYTES
INT32, UINT32 = _Field.TYPE_INT32, _Field.TYPE_UINT32
FIXED32, FIXED64 = _Field.TYPE_FIXED32, _Field.TYPE_FIXED64

# Name, number, type (a message by its name); a name ending in * is repeated.
MESSAGES: dict[str, tuple[tuple[str, int, int | str], ...]] = {
    "Status": (("message", 2, STRING), ("code", 3, INT32)),
    "Event": (
        ("time_unix_nano", 1, FIXED64),
        ("name", 2, STRING),
        ("attributes*", 3, BYTES),
        ("dropped_attributes_count", 4, UINT32),
    ),
    "Link": (
        ("trace_id", 1, BYTES),
        ("span_id", 2, BYTES),
        ("trace_state", 3, STRING),
        ("attributes*", 4, BYTES),
        ("flags", 6, FIXED32),
    ),
    "Span": (
        ("trace_id", 1, BYTES),
        ("span_id", 2, BYTES),
        ("trace_state", 3, STRING),
        ("parent_span_id", 4, BYTES),
        ("name", 5, STRING),
        ("kind", 6, INT32),
        ("start_time_unix_nano", 7, FIXED64),
        ("end_time_unix_nano", 8, FIXED64),
        ("attributes*", 9, BYTES),
        ("dropped_attributes_count", 10, UINT32),
        ("events*", 11, "Event"),
        ("dropped_events_count", 12, UINT32),
        ("links*", 13, "Link"),
        ("dropped_links_count", 14, UINT32),
        ("status", 15, "Status"),
        ("flags", 16, FIXED32),
    ),
    "Scope": (("name", 1, STRING), ("version", 2, STRING), ("attributes*", 3, BYTES)),
    "Resource": (("attributes*", 1, BYTES),),
    "ScopeSpans": (("scope", 1, "Scope"), ("spans*", 2, "Span"), ("schema_url", 3, STRING)),
    "ResourceSpans": (
        ("resource", 1, "Resource"),
        ("scope_spans*", 2, "ScopeSpans"),
        ("schema_url", 3, STRING),
    ),
    "Request": (("resource_spans*", 1, "ResourceSpans"),),
}


def decode(value: bytes) -> Any:
    """A `Request` of `MESSAGES`; raise ValueError when the bytes are no such message at all."""
    try:
        return REQUEST.FromString(value)
    except DecodeError as error:
        raise ValueError(
            f"expected an ExportTraceServiceRequest, came {len(value)} bytes that are not one: "
            "check what writes to the topic"
        ) from error


def _request_class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(
        name="pawl_otlp_lenient.proto", package=PACKAGE, syntax="proto2"
    )
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind in fields:
            repeated = field.endswith("*")
            added = message.field.add(name=field.rstrip("*"), number=number)
            added.label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
            if isinstance(kind, str):
                added.type, added.type_name = _Field.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
            else:
                added.type = kind  # type: ignore[assignment]
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.Request"))


REQUEST = _request_class()
