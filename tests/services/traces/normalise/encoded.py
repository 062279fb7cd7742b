"""Encoded requests with attributes of any bytes, and what every row promises to the store."""

import string

import orjson

from services.traces.domain.span import SpanRow

TIMES = b"\x39" + (5).to_bytes(8, "little") + b"\x41" + (9).to_bytes(8, "little")


def sized(tag: int, value: bytes) -> bytes:
    """A length-delimited field."""
    size, out = len(value), bytearray((tag,))
    while size > 127:
        out.append(size & 127 | 128)
        size >>= 7
    return bytes(out) + bytes((size,)) + value


def with_raw_attributes(*encoded: bytes) -> bytes:
    """A request whose one span has these bytes as attributes."""
    span = sized(0x0A, b"\1" * 16) + sized(0x12, b"\2" * 8) + TIMES
    span += b"".join(sized(0x4A, attribute) for attribute in encoded)
    return sized(0x0A, sized(0x12, sized(0x12, span)))


def check(row: SpanRow) -> None:
    """What every row promises to the store."""
    for text, size in ((row.trace_id, 32), (row.span_id, 16), (row.parent_span_id or "0" * 16, 16)):
        assert len(text) == size
        assert not set(text) - set(string.hexdigits.lower())
    assert 0 <= row.start_ns < 2**63
    assert 0 <= row.end_ns < 2**63
    assert row.status in ("UNSET", "OK", "ERROR")
    for count in (row.tokens_input, row.tokens_output, row.tokens_cache_read, row.tokens_reasoning):
        assert count is None or 0 <= count < 2**55
    assert row.cost_usd is None or 0 <= row.cost_usd < 1e12
    for text in (
        row.messages_input_json,
        row.messages_output_json,
        row.tools_json,
        row.documents_json,
        row.evaluations_json,
        row.events_json,
        row.links_json,
    ):
        assert text == "" or isinstance(orjson.loads(text), list)
    for name in row.json_attributes:
        assert isinstance(orjson.loads(str(row.attributes[name])), list | dict)
    orjson.dumps(row.attributes)
    for name in ("kind", "name", "project", "family"):
        assert isinstance(getattr(row, name), str)
    for name in ("session_id", "user_id", "agent", "model", "provider", "input", "output"):
        assert isinstance(getattr(row, name), str | None)
