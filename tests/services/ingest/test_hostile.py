"""Hostile OTLP: never a 5xx, and what is acknowledged stands in the log, decodable."""

import gzip
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from google.protobuf.message import DecodeError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client import CollectorRegistry

from libs.runtime.keys import OPEN
from libs.testkit.otlp import export_request, span_of
from services.ingest.domain.refuse import RefusedError
from services.ingest.domain.wire import MalformedError, TooManyError, framed, walk
from services.ingest.door import Door
from services.ingest.handlers import Signals
from services.ingest.metrics import IngestMetrics
from services.ingest.settings import IngestSettings

if TYPE_CHECKING:
    from libs.eventlog import Message
    from tests.services.ingest.conftest import Opened

PROFILE = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
IDS = st.one_of(
    st.sampled_from([b"", bytes(8), bytes(16), b"\xff" * 16, b"1" * 8, b"1" * 16]),
    st.binary(max_size=20),
)
TIMES = st.one_of(st.sampled_from([0, 1, 2**63 - 1, 2**63, 2**64 - 1]), st.integers(0, 2**64 - 1))
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)


def values() -> SearchStrategy[AnyValue]:
    leaves = st.one_of(
        st.builds(AnyValue),
        TEXTS.map(lambda text: AnyValue(string_value=text)),
        st.binary(max_size=20).map(lambda data: AnyValue(bytes_value=data)),
        st.integers(-(2**63), 2**63 - 1).map(lambda number: AnyValue(int_value=number)),
        st.floats().map(lambda number: AnyValue(double_value=number)),
    )

    def wrap(inner: SearchStrategy[AnyValue]) -> SearchStrategy[AnyValue]:
        return st.lists(inner, max_size=3).map(_array) | st.lists(inner, max_size=3).map(_map)

    return st.recursive(leaves, wrap, max_leaves=6)


def _array(items: list[AnyValue]) -> AnyValue:
    made = AnyValue()
    made.array_value.values.extend(items)
    return made


def _map(items: list[AnyValue]) -> AnyValue:
    made = AnyValue()
    for item in items:
        made.kvlist_value.values.add(key="k").value.CopyFrom(item)
    return made


@st.composite
def spans(draw: Any) -> bytes:
    span = Span(
        trace_id=draw(IDS),
        span_id=draw(IDS),
        parent_span_id=draw(IDS),
        name=draw(TEXTS),
        start_time_unix_nano=draw(TIMES),
        end_time_unix_nano=draw(TIMES),
    )
    for value in draw(st.lists(values(), max_size=3)):
        span.attributes.add(key=draw(TEXTS)).value.CopyFrom(value)
    encoded = span.SerializeToString()
    damage = draw(st.sampled_from(["none", "none", "cut", "noise", "twice", "deep", "index bomb"]))
    if damage == "cut":
        return encoded[: draw(st.integers(0, len(encoded)))]
    if damage == "noise":
        return encoded + draw(st.binary(max_size=10))
    if damage == "twice":
        return encoded + encoded
    if damage == "deep":
        return encoded + framed(0x4A, framed(0x12, deep_value(draw(st.integers(1, 150)))))
    if damage == "index bomb":
        name = f"llm.input_messages.{draw(st.integers(0, 10**12))}.message.role"
        return encoded + framed(0x4A, framed(0x0A, name.encode()))
    return encoded


def deep_value(depth: int) -> bytes:
    value = b""
    for _ in range(depth):
        value = framed(0x2A, framed(0x0A, value))
    return value


@st.composite
def bodies(draw: Any) -> bytes:
    groups = []
    for _ in range(draw(st.integers(0, 3))):
        scopes = []
        for _ in range(draw(st.integers(0, 2))):
            items = [framed(0x12, span) for span in draw(st.lists(spans(), max_size=4))]
            head = draw(st.sampled_from([b"", framed(0x0A, framed(0x0A, b"\xff")), b"\x1a\x01a"]))
            scopes.append(framed(0x12, head + b"".join(items)))
        head = draw(st.sampled_from([b"", framed(0x0A, deep_value(3)), b"\x0a\x02\x10\x01"]))
        groups.append(framed(0x0A, head + b"".join(scopes)))
    return b"".join(groups) + draw(st.sampled_from([b"", b"", b"", b"\x0b", b"\xf8\x07\x01"]))


class MemoryLog:
    """Keeps what was published."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def publish(self, messages: "list[Message]") -> None:
        self.messages += messages


def door_over(log: Any, **overrides: Any) -> Signals:
    metrics = IngestMetrics(CollectorRegistry())
    return Signals(Door(IngestSettings(**overrides), log, metrics, lambda: 0.0))


async def kept(body: bytes, form: Any = "protobuf") -> tuple[int, int, list[Span]]:
    """Refused, acknowledged as kept, and the spans that readers of the log decode."""
    log = MemoryLog()
    response = await door_over(log).traces(body, OPEN, form)
    found: list[Span] = []
    for message in log.messages:
        for group in ExportTraceServiceRequest.FromString(message.value).resource_spans:
            for scope in group.scope_spans:
                assert all(s.trace_id.hex().encode() == message.key for s in scope.spans)
                found += scope.spans
    return response.partial_success.rejected_spans, len(found), found


async def status_of(body: bytes, form: Any = "protobuf") -> int:
    """200, or the HTTP status of the refusal."""
    try:
        await kept(body, form)
    except RefusedError as error:
        return error.why.http_status
    return 200


def spans_in(body: bytes) -> int | None:
    """How many spans were sent; None when the body is no protobuf."""
    try:
        return sum(len(scope.items) for one in walk(body, 1000) for scope in one.scopes)
    except MalformedError:
        return None


@PROFILE
@given(bodies())
async def test_the_walk_finds_the_spans_that_protobuf_finds(body: bytes) -> None:
    try:
        parsed = ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        return
    known = sum(len(scope.spans) for one in parsed.resource_spans for scope in one.scope_spans)
    assert spans_in(body) == known


@PROFILE
@given(bodies())
async def test_every_span_is_either_in_the_log_or_refused(body: bytes) -> None:
    if (sent := spans_in(body)) is None:
        assert await status_of(body) == 400
        return
    refused, count, found = await kept(body)
    assert refused + count == sent
    assert all(len(s.trace_id) == 16 and any(s.trace_id) and any(s.span_id) for s in found)


@PROFILE
@given(st.binary(max_size=400))
async def test_noise_is_refused_or_holds_nothing_hidden(body: bytes) -> None:
    if (sent := spans_in(body)) is None:
        assert await status_of(body) == 400
    else:
        refused, count, _ = await kept(body)
        assert refused + count == sent


NAMES = (
    *("resourceSpans", "scopeSpans", "spans", "resource", "attributes", "key", "value", "events"),
    *("traceId", "spanId", "stringValue", "arrayValue", "values", "kvlistValue"),
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=25,
)


@PROFILE
@given(JSON_VALUES, st.sampled_from(["bare", "resource", "span"]))
async def test_json_of_any_shape_is_answered_not_crashed(value: Any, at: str) -> None:
    span = {"traceId": "1" * 32, "spanId": "1" * 16}
    body = {
        "bare": value,
        "resource": {"resourceSpans": [value]},
        "span": {"resourceSpans": [{"scopeSpans": [{"spans": [value, span]}]}]},
    }[at]
    encoded = json.dumps(body).encode()
    status = await status_of(encoded, "json")
    assert status in (200, 400)
    if status == 200:
        _, count, _ = await kept(encoded, "json")
        assert count >= (at == "span")


@settings(PROFILE, max_examples=40)
@given(body=bodies(), compress=st.booleans())
async def test_the_served_door_never_answers_5xx(
    door: "Opened", body: bytes, compress: bool
) -> None:
    headers = {"content-type": "application/x-protobuf"}
    content = gzip.compress(body) if compress else body
    if compress:
        headers["content-encoding"] = "gzip"
    answer: httpx.Response = await door.client.post("/v1/traces", content=content, headers=headers)
    assert answer.status_code in (200, 400)


async def test_a_million_empty_spans_are_refused_before_they_are_decoded() -> None:
    empty = framed(0x0A, framed(0x12, b"\x12\x00" * 1_000_000))
    with pytest.raises(RefusedError) as raised:
        await kept(empty)
    assert raised.value.why.http_status == 413


async def test_a_million_tiny_fields_are_refused_quickly() -> None:
    with pytest.raises(TooManyError):
        walk(framed(0x0A, b"\x18\x01" * 1_000_000), 1000)


async def test_a_span_of_a_million_attributes_is_refused_alone() -> None:
    bomb = framed(0x12, span_of(1, 2).SerializeToString() + b"\x4a\x00" * 1_000_000)
    fine = framed(0x12, span_of(1, 1).SerializeToString())
    refused, count, _ = await kept(framed(0x0A, framed(0x12, fine + bomb)))
    assert (refused, count) == (1, 1)


async def test_json_of_a_million_nothings_is_refused_before_it_is_parsed() -> None:
    body = b'{"resourceSpans":[' + b"[]," * 1_000_000 + b"[]]}"
    assert await status_of(body, "json") == 413


async def test_a_span_of_huge_arrays_is_kept_whole() -> None:
    span = span_of(1, 1)
    array = span.attributes.add(key="tokens").value.array_value
    array.values.extend([AnyValue(int_value=1)] * 200_000)
    refused, count, found = await kept(export_request(span).SerializeToString())
    assert (refused, count) == (0, 1)
    assert len(found[0].attributes[0].value.array_value.values) == 200_000


async def test_duplicate_ids_are_all_kept_in_order() -> None:
    body = export_request(*(span_of(1, 1, n=str(n)) for n in range(50))).SerializeToString()
    _, _, found = await kept(body)
    assert [s.attributes[0].value.string_value for s in found] == [str(n) for n in range(50)]
