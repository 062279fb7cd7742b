"""What was sent wrongly is read as far as it goes, kept raw, and flagged by name."""

import base64
import struct
import time

import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from libs.testkit.otlp import any_value, described, export_request, span_of
from services.traces.domain.normalise import normalise, normalise_bytes
from tests.services.traces.normalise.encoded import check, sized, with_raw_attributes


def test_text_that_is_no_utf8_is_escaped_flagged_and_loses_no_byte() -> None:
    bad = b"\x0a\x03key\x12\x06\x0a\x04a\xff\xfez"
    (row,) = normalise_bytes(with_raw_attributes(bad, b"\x0a\x02\xffk\x12\x03\x0a\x01v"))
    assert row.attributes == {"key": r"a\xff\xfez", r"\xffk": "v"}
    assert row.flags == ("attribute:key", r"attribute:\xffk")
    request = export_request(span_of(1, 1)).SerializeToString().replace(b"span 1", b"sp\xffn 1")
    (row,) = normalise_bytes(request)
    assert (row.name, row.flags) == (r"sp\xffn 1", ("name",))


def nested(depth: int) -> bytes:
    """An attribute with a list in a list, so deep."""
    value = b"\x10\x01"
    for _ in range(depth):
        value = sized(0x2A, sized(0x0A, value))
    return b"\x0a\x01k" + sized(0x12, value)


@pytest.mark.parametrize(
    ("depth", "flags"), [(60, ()), (65, ("attribute:k",)), (20_000, ("attribute:k",))]
)
def test_nesting_beyond_a_bound_stays_encoded_and_is_flagged(
    depth: int, flags: tuple[str, ...]
) -> None:
    (row,) = normalise_bytes(with_raw_attributes(nested(depth)))
    assert row.flags == flags
    innermost = orjson.loads(str(row.attributes["k"]))
    while isinstance(innermost, list):
        (innermost,) = innermost
    if flags:
        assert base64.b64decode(innermost)
    else:
        assert innermost is True


def test_a_list_with_too_many_items_stays_encoded_and_is_flagged() -> None:
    items = sized(0x2A, b"\x0a\x00" * 300_000)
    start = time.perf_counter()
    (row,) = normalise_bytes(with_raw_attributes(b"\x0a\x01k" + sized(0x12, items)))
    assert time.perf_counter() - start < 2
    assert row.flags == ("attribute:k",)
    assert base64.b64decode(str(row.attributes["k"])) == b"\x0a\x00" * 300_000


def test_an_embedding_keeps_every_digit_and_says_nan_by_name() -> None:
    numbers = [0.1 * i for i in range(1536)]
    (row,) = normalise(export_request(described(span_of(1, 1), {"v": numbers})))
    assert orjson.loads(str(row.attributes["v"])) == numbers
    odd = described(
        span_of(1, 1), {"v": [*numbers[:9], float("nan"), float("-inf")], "x": float("nan")}
    )
    (row,) = normalise(export_request(odd))
    assert orjson.loads(str(row.attributes["v"]))[-2:] == ["NaN", "-Infinity"]
    assert row.attributes["x"] == "NaN"


def test_integers_keep_their_extremes() -> None:
    numbers = {f"n{i}": n for i, n in enumerate((-(2**63), 2**63 - 1, -1, 0, 127, 128, 16384))}
    (row,) = normalise(export_request(described(span_of(1, 1), numbers)))
    assert row.attributes == numbers


@pytest.mark.parametrize("size", [0, 1, 124, 125, 126, 127, 128, 16379, 16380, 16381, 16384, 70000])
def test_text_of_any_length_is_read_exactly(size: int) -> None:
    text = ("aé" * size)[:size]
    for _ in range(2):  # the second time the key is known
        (row,) = normalise(export_request(described(span_of(1, 1), {"some.key": text})))
        assert row.attributes == {"some.key": text}
        assert row.flags == ()


def test_the_last_of_equal_keys_wins_and_the_earlier_ones_are_kept() -> None:
    span = span_of(1, 1)
    for value in ("first", ["second"], "third"):
        span.attributes.add(key="k").value.CopyFrom(any_value(value))
    (row,) = normalise(export_request(span))
    assert row.attributes["k"] == "third"
    assert orjson.loads(str(row.attributes["pawl.raw.k"])) == ["first", '["second"]']
    assert row.flags == ("attribute:k",)
    assert row.json_attributes == ("pawl.raw.k",)


def test_equal_keys_inside_a_map_keep_both_values() -> None:
    entry = sized(0x0A, b"\x0a\x01a\x12\x02\x18\x01")
    other = sized(0x0A, b"\x0a\x01a\x12\x02\x18\x02")
    value = sized(0x12, sized(0x32, entry + other))
    (row,) = normalise_bytes(with_raw_attributes(b"\x0a\x01k" + value))
    assert orjson.loads(str(row.attributes["k"])) == {"a": 1, "a#2": 2}
    assert row.flags == ("attribute:k",)


def test_ids_that_are_none_come_from_the_content_and_never_collide() -> None:
    def lost(name: str) -> Span:
        return Span(name=name, trace_id=bytes(16), span_id=b"")

    rows = normalise(export_request(lost("a"), lost("b"), lost("a")))
    assert len({(row.trace_id, row.span_id) for row in rows}) == 2
    assert rows[0] == rows[2]
    for row in rows:
        check(row)
        assert {"trace_id", "span_id"} <= set(row.flags)
        assert row.attributes["pawl.raw.trace_id"] == "0" * 32


def test_a_span_is_not_its_own_parent() -> None:
    (row,) = normalise(export_request(span_of(1, 7, parent=7)))
    assert (row.parent_span_id, row.flags) == (None, ("parent_span_id",))
    assert row.attributes["pawl.raw.parent_span_id"] == f"{7:016x}"
    (root,) = normalise(export_request(span_of(1, 7, parent=0)))
    assert (root.parent_span_id, root.flags) == (None, ())


@pytest.mark.parametrize(
    ("start", "end", "flags"),
    [
        (5, 3, ("end_before_start",)),
        (0, 3, ("start_time",)),
        (5, 0, ("end_time", "end_before_start")),
        (0, 0, ("start_time", "end_time")),
        (5, 2**64 - 1, ("end_time",)),
        (2**63, 2**63, ("start_time", "end_time")),
        (3, 5, ()),
    ],
)
def test_clock_nonsense_is_kept_flagged_and_never_negative(
    start: int, end: int, flags: tuple[str, ...]
) -> None:
    span = span_of(1, 1)
    span.start_time_unix_nano, span.end_time_unix_nano = start, end
    (row,) = normalise(export_request(span))
    check(row)
    assert row.flags == flags
    assert row.duration_ns == max(0, row.end_ns - row.start_ns)
    if end >= 2**63:
        assert row.attributes["pawl.raw.end_time"] == str(end)
    else:
        assert (row.start_ns, row.end_ns) == (start, end)


def test_unknown_status_and_kind_are_kept_raw() -> None:
    span = span_of(1, 1)
    wire = export_request(span).SerializeToString()
    assert b"\x30\x01" in wire  # the kind: internal
    (row,) = normalise_bytes(wire.replace(b"\x30\x01", b"\x30\x63", 1))
    assert (row.otel_kind, row.flags) == (0, ("kind",))
    assert row.attributes["pawl.raw.kind"] == 99


def test_more_flags_than_anyone_reads_end_with_more() -> None:
    bad = [b"\x0a\x03k%02d\x12\x03\x0a\x01\xff" % i for i in range(99)]
    (row,) = normalise_bytes(with_raw_attributes(*bad))
    assert len(row.flags) == 64
    assert row.flags[-1] == "more"
    assert len(row.attributes) == 99


def test_json_that_nests_too_deep_is_flagged_and_the_span_stays() -> None:
    deep = "[" * 900 + "]" * 900
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": deep}
    attributes |= {"gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": "5"}
    (row,) = normalise(export_request(described(span_of(1, 1), attributes)))
    check(row)
    assert (row.kind, row.model, row.tokens_input) == ("LLM", "gpt-4o", 5)
    assert row.flags == ("gen_ai.input.messages",)
    assert row.attributes["gen_ai.input.messages"] == deep


def test_an_attribute_that_was_cut_is_kept_as_it_came_without_a_name() -> None:
    packed = b"\x0a\x01k\x12\x09\x21" + struct.pack("<d", 0.1)
    (row,) = normalise_bytes(with_raw_attributes(packed, packed[:-1]))
    assert row.attributes["k"] == 0.1
    assert base64.b64decode(str(row.attributes[""])) == packed[:-1]
    assert row.flags == ("attribute:",)


def test_bytes_that_are_no_request_are_refused_with_what_was_expected() -> None:
    with pytest.raises(ValueError, match="expected an ExportTraceServiceRequest, came 3 bytes"):
        normalise_bytes(b"\x0a\xff\xff")


def test_an_empty_request_has_no_rows() -> None:
    assert normalise(ExportTraceServiceRequest()) == []
    assert normalise_bytes(b"") == []
