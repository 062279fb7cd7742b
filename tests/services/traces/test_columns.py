"""Whatever a span holds, it can be stored, and comes back as it was."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from libs.contracts.topics import OTLP_SPANS
from libs.eventlog import Message
from services.traces.adapters.columns import Stored, to_columns, version_of
from services.traces.domain.span import SpanRow
from tests.services.traces.harness import Service, make_span, span_id, trace_id

anything = st.text() | st.text(st.characters(categories=["Cs", "Cc", "Co"]), max_size=5)
scalars = anything | st.integers() | st.floats() | st.booleans() | st.none()
rows = st.builds(
    SpanRow,
    project=anything,
    trace_id=st.binary(min_size=16, max_size=16).map(bytes.hex),
    span_id=st.binary(min_size=8, max_size=8).map(bytes.hex),
    parent_span_id=st.none() | st.binary(min_size=8, max_size=8).map(bytes.hex),
    name=anything,
    start_ns=st.integers(0, 2**63 - 1),
    end_ns=st.integers(0, 2**63 - 1),
    status_message=anything,
    session_id=st.none() | anything,
    tokens_input=st.none() | st.integers(),
    cost_usd=st.none() | st.floats(),
    input=st.none() | anything,
    output=st.none() | anything,
    attributes=st.dictionaries(anything, scalars, max_size=5),
    flags=st.lists(anything, max_size=3).map(tuple),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(rows, max_size=4))
def test_no_content_can_stop_a_batch(found: list[SpanRow]) -> None:
    table = to_columns([Stored(row, 1, 1) for row in found], lambda project: 90)
    assert table.num_rows == len(found)
    table.validate(full=True)


def test_a_redelivery_has_the_version_it_had_and_a_later_record_a_higher_one() -> None:
    assert version_of(1_790_000_000_000, 5) == version_of(1_790_000_000_000, 5)
    assert version_of(1_790_000_000_000, 5) < version_of(1_790_000_000_000, 6)
    assert version_of(1_790_000_000_000, 4_000_000) < version_of(1_790_000_000_001, 1)
    assert version_of(2**42 - 1, 2**40) < 2**64


def deep(levels: int) -> AnyValue:
    value = AnyValue(string_value="bottom")
    for _ in range(levels):
        value = AnyValue(array_value=ArrayValue(values=[value]))
    return value


HOSTILE: dict[str, AnyValue] = {
    "nul": AnyValue(string_value="a\x00b"),
    "quotes": AnyValue(string_value="'\"\\`;DROP TABLE spans --\n\t"),
    "unicode": AnyValue(string_value="\U0010ffff\ufeff\u202e𝕏"),
    "big": AnyValue(string_value="x" * 1_000_000),
    "smallest": AnyValue(int_value=-(2**63)),
    "nan": AnyValue(double_value=float("nan")),
    "infinite": AnyValue(double_value=float("inf")),
    "bytes": AnyValue(bytes_value=b"\xff\x00"),
    "empty": AnyValue(),
    "deep": deep(40),
    "many": AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=n) for n in range(20_000)])),
    "map": AnyValue(
        kvlist_value=KeyValueList(values=[KeyValue(key="a.b", value=AnyValue(int_value=1))])
    ),
    "": AnyValue(string_value="no key"),
    "dotted.": AnyValue(string_value="1"),
    "dotted": AnyValue(string_value="2"),
    "llm.input_messages.999999999.message.content": AnyValue(string_value="index bomb"),
}


@pytest.mark.parametrize("key", HOSTILE)
async def test_a_hostile_attribute_comes_back_and_harms_nobody(service: Service, key: str) -> None:
    span = make_span(1, attributes={"plain": "kept"})
    span.attributes.append(KeyValue(key=key, value=HOSTILE[key]))
    await service.send(span)
    await service.settle()

    shown = await service.get(f"spans/{span_id(1)}")
    assert shown["attributes"]["plain"] == "kept"
    value: Any = HOSTILE[key]
    kind = value.WhichOneof("value")
    if kind in {"string_value", "int_value"}:
        assert shown["attributes"][key] == getattr(value, kind)
    else:
        assert key in shown["attributes"] or any(key in flag for flag in shown["flags"])
    assert (await service.get("traces"))["items"][0]["span_count"] == 1


async def test_impossible_times_do_not_hide_a_span(service: Service) -> None:
    times = [(0, 0), (1, 2**64 - 1), (2**63, 5), (2**64 - 1, 2**64 - 1), (10**18, 1)]
    for number, (start, end) in enumerate(times, start=1):
        span = Span(
            trace_id=number.to_bytes(16, "big"),
            span_id=b"12345678",
            start_time_unix_nano=start,
            end_time_unix_nano=end,
        )
        await service.send(span)
    await service.settle()
    found = {one["trace_id"] for one in (await service.get("traces"))["items"]}
    assert found == {trace_id(number) for number in range(1, len(times) + 1)}
    page = await service.get("traces", limit=2)
    rest = await service.get("traces", limit=10, cursor=page["next_cursor"])
    listed = [one["trace_id"] for one in page["items"] + rest["items"]]
    assert sorted(listed) == sorted(found)
    for number in range(1, len(times) + 1):
        await service.get(f"traces/{trace_id(number)}/preview")


async def test_a_record_that_is_no_request_is_set_aside_and_the_rest_is_stored(
    service: Service,
) -> None:
    log = service.app.deps.log
    await log.publish([Message(OTLP_SPANS.name, b"k", b"\xff\xff nonsense")])
    await service.send(make_span(1))
    await service.settle()
    assert (await service.get(f"spans/{span_id(1)}"))["name"] == "step"


async def test_a_large_delivery_is_stored_in_parts(service: Service) -> None:
    text = orjson.dumps(["x" * 1000] * 900).decode()
    for number in range(1, 41):
        await service.send(make_span(1, trace=number, attributes={"input.value": text}))
    await service.settle()
    rows = await service.post("aggregate", {"measures": [{"op": "traces"}]})
    assert rows["rows"][0]["values"] == {"traces": 40}
