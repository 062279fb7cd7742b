"""OTLP in JSON means the same as in protobuf; a bad part is refused by itself."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from libs.testkit.otlp import export_request, span_of
from services.ingest.domain.json_otlp import SPANS, cut_json
from services.ingest.domain.refusals import Refusals
from services.ingest.domain.wire import MalformedError, walk

if TYPE_CHECKING:
    from tests.services.ingest.conftest import Opened

SPAN: dict[str, Any] = {
    "traceId": "5B8EFFF798038103D269B633813FC60C",
    "spanId": "eee19b7ec3c1b174",
    "parentSpanId": "eee19b7ec3c1b173",
    "traceState": "a=b",
    "flags": 257,
    "name": "chat",
    "kind": 3,
    "startTimeUnixNano": "1790000000000000000",
    "endTimeUnixNano": 1790000000000000001,
    "droppedAttributesCount": 1,
    "status": {"code": 2, "message": "late"},
    "attributes": [
        {"key": "s", "value": {"stringValue": "ü"}},
        {"key": "i", "value": {"intValue": "-5"}},
        {"key": "j", "value": {"intValue": 7}},
        {"key": "d", "value": {"doubleValue": 0.5}},
        {"key": "n", "value": {"doubleValue": "NaN"}},
        {"key": "b", "value": {"boolValue": False}},
        {"key": "y", "value": {"bytesValue": "aGk"}},
        {"key": "a", "value": {"arrayValue": {"values": [{"stringValue": "x"}, {}]}}},
        {"key": "m", "value": {"kvlistValue": {"values": [{"key": "k", "value": None}]}}},
        {"key": "empty", "value": {"stringValue": ""}},
    ],
    "events": [{"name": "e", "timeUnixNano": "3", "attributes": []}],
    "links": [{"traceId": "5b8efff798038103d269b633813fc60d", "spanId": "eee19b7ec3c1b174"}],
    "unknownField": {"is": "ignored"},
}


def body_of(*spans: Any) -> bytes:
    scope = {"scope": {"name": "js", "version": "2"}, "spans": list(spans)}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "web"}}]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}).encode()


def test_every_field_of_a_span_arrives() -> None:
    refusals = Refusals()
    (resource,) = cut_json(body_of(SPAN), SPANS, 10, refusals)
    span = Span.FromString(resource.scopes[0].items[0])
    assert refusals.text() == ""
    assert span.trace_id.hex() == SPAN["traceId"].lower()
    assert (span.parent_span_id.hex(), span.trace_state, span.flags) == (
        "eee19b7ec3c1b173",
        "a=b",
        257,
    )
    assert (span.kind, span.start_time_unix_nano, span.end_time_unix_nano) == (
        Span.SPAN_KIND_CLIENT,
        1790000000000000000,
        1790000000000000001,
    )
    assert (span.status.code, span.status.message, span.dropped_attributes_count) == (2, "late", 1)
    values = {pair.key: pair.value for pair in span.attributes}
    assert (values["s"].string_value, values["i"].int_value, values["j"].int_value) == ("ü", -5, 7)
    assert (values["d"].double_value, values["b"].HasField("bool_value")) == (0.5, True)
    assert values["n"].double_value != values["n"].double_value
    assert values["y"].bytes_value == b"hi"
    assert values["a"].array_value.values[0].string_value == "x"
    assert values["m"].kvlist_value.values[0].key == "k"
    assert values["empty"].HasField("string_value")
    assert (span.events[0].name, span.events[0].time_unix_nano) == ("e", 3)
    assert span.links[0].trace_id.hex().endswith("0d")


async def test_json_spans_stand_in_the_log_like_protobuf_ones(door: "Opened") -> None:
    answer = await door.client.post(
        "/v1/traces",
        content=body_of(SPAN),
        headers={"content-type": "application/json; charset=utf-8"},
    )
    assert (answer.status_code, answer.json()) == (200, {})
    (key,) = await door.written()
    assert key == SPAN["traceId"].lower()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"traceId": "xyz"}, "traceId must be hex digits"),
        ({"traceId": 5}, "traceId must be a string"),
        ({"startTimeUnixNano": -1}, "startTimeUnixNano must be a whole number"),
        ({"startTimeUnixNano": "1e9"}, "startTimeUnixNano must be a whole number"),
        ({"attributes": {"a": 1}}, "attributes must be an array"),
        ({"attributes": [{"key": "k", "value": {"intValue": 2**63}}]}, "intValue must be"),
        ({"attributes": [{"key": "k", "value": {"bytesValue": "a"}}]}, "bytesValue must be base64"),
        ({"kind": "SERVER"}, "kind must be a whole number"),
        ({"events": [3]}, "events must be an object"),
    ],
)
async def test_a_bad_span_is_reported_and_the_rest_kept(
    door: "Opened", change: dict[str, Any], said: str
) -> None:
    good = SPAN | {"spanId": "00000000000000aa"}
    answer = await door.client.post(
        "/v1/traces",
        content=body_of(SPAN | change, good),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 200
    partial = answer.json()["partialSuccess"]
    assert partial["rejectedSpans"] == "1"
    assert said in partial["errorMessage"]
    assert [span.span_id.hex() for span in await door.spans()] == ["00000000000000aa"]


def test_values_nested_too_deep_are_refused_not_fatal() -> None:
    deep: dict[str, Any] = {"stringValue": "x"}
    for _ in range(200):
        deep = {"arrayValue": {"values": [deep]}}
    refusals = Refusals()
    cut_json(body_of(SPAN | {"attributes": [{"key": "k", "value": deep}]}), SPANS, 10, refusals)
    assert refusals.refused == 1
    assert "nests deeper" in refusals.text()


@pytest.mark.parametrize(
    "body", [b"", b"[", b"[]", b"null", b'{"resourceSpans": 5}', b'"\\ud800"', b"\xff"]
)
def test_what_is_no_request_at_all_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError):
        cut_json(body, SPANS, 10, Refusals())


def test_null_and_missing_parts_are_empty() -> None:
    assert cut_json(b'{"resourceSpans": null}', SPANS, 10, Refusals()) == []
    (resource,) = cut_json(b'{"resourceSpans": [null]}', SPANS, 10, Refusals())
    assert resource.scopes == []


def test_json_and_protobuf_cut_into_the_same_items() -> None:
    request = export_request(span_of(1, 2, parent=3, a="b"), service__name="s")
    fields = {
        "traceId": f"{1:032x}",
        "spanId": f"{2:016x}",
        "parentSpanId": f"{3:016x}",
        "name": "span 2",
        "kind": 1,
        "startTimeUnixNano": str(
            request.resource_spans[0].scope_spans[0].spans[0].start_time_unix_nano
        ),
        "endTimeUnixNano": str(
            request.resource_spans[0].scope_spans[0].spans[0].end_time_unix_nano
        ),
        "attributes": [{"key": "a", "value": {"stringValue": "b"}}],
    }
    (ours,) = cut_json(body_of(fields), SPANS, 10, Refusals())
    (theirs,) = walk(request.SerializeToString(), 10)
    assert Span.FromString(ours.scopes[0].items[0]) == Span.FromString(theirs.scopes[0].items[0])
