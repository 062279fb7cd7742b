"""Span rows into Arrow columns for the `spans` table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from services.traces.domain.span import Scalar, SpanRow

SHORT_CHARS_MAX = 256
"""Longer values are filtered from the JSON text instead of the map."""
INPUT_KEY, OUTPUT_KEY = "input.value", "output.value"
LIFTED_INPUT, LIFTED_OUTPUT = 1, 2
"""Bits of `lifted`: this attribute equals the column and is stored only there."""
NO_PARENT = bytes(8)
UINT64_MAX = 2**64 - 1
JSON_OPTIONS = orjson.OPT_NON_STR_KEYS

TEXTS = (
    "status_message",
    "session_id",
    "user_id",
    "input",
    "output",
    "trace_state",
    "scope_name",
    "scope_version",
)
WORDS = (
    "project",
    "name",
    "kind",
    "family",
    "status",
    "agent",
    "config_digest",
    "model",
    "provider",
    "tool_name",
)
JSON_TEXTS = ("messages_input", "messages_output", "tools", "documents", "events", "links")
COUNTS = (
    "tokens_input",
    "tokens_output",
    "tokens_cache_read",
    "tokens_cache_write",
    "tokens_reasoning",
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A span with what the log knows of it. `version` orders copies of one span."""

    row: SpanRow
    version: int
    received_ms: int


def version_of(timestamp_ms: int, offset: int) -> int:
    """Equal for a redelivery, higher for a later record: the log's time, then its offset."""
    return (timestamp_ms << 22) | (offset & 0x3FFFFF)


def to_columns(spans: Sequence[Stored], retention_days: Callable[[str], int]) -> pa.Table:
    """One Arrow table, columns named as in the `spans` table."""
    rows = [span.row for span in spans]
    columns: dict[str, pa.Array] = {}
    for name in (*WORDS, *TEXTS):
        columns[name] = texts([getattr(row, name) or "" for row in rows])
    for name in JSON_TEXTS:
        columns[name] = texts([getattr(row, name + "_json") for row in rows])
    for name in COUNTS:
        columns[name] = counts([getattr(row, name) for row in rows])
    _identity(columns, rows)
    _times(columns, spans, rows, retention_days)
    _attributes(columns, rows)
    columns["otel_kind"] = pa.array([row.otel_kind & 0xFF for row in rows], pa.uint8())
    columns["cost_usd"] = pa.array([row.cost_usd for row in rows], pa.float64())
    columns["has_input"] = pa.array([row.input is not None for row in rows], pa.bool_())
    columns["has_output"] = pa.array([row.output is not None for row in rows], pa.bool_())
    columns["flags"] = text_lists([row.flags for row in rows])
    return pa.table(columns)


def _identity(columns: dict[str, pa.Array], rows: Sequence[SpanRow]) -> None:
    columns["trace_id"] = pa.array([bytes.fromhex(row.trace_id) for row in rows], pa.binary(16))
    columns["span_id"] = pa.array([bytes.fromhex(row.span_id) for row in rows], pa.binary(8))
    parents = [
        bytes.fromhex(row.parent_span_id) if row.parent_span_id else NO_PARENT for row in rows
    ]
    columns["parent_span_id"] = pa.array(parents, pa.binary(8))


def _times(
    columns: dict[str, pa.Array],
    spans: Sequence[Stored],
    rows: Sequence[SpanRow],
    retention_days: Callable[[str], int],
) -> None:
    columns["started_at"] = nanoseconds([row.start_ns for row in rows])
    columns["ended_at"] = nanoseconds([row.end_ns for row in rows])
    columns["duration_ms"] = pa.array([row.duration_ns / 1e6 for row in rows], pa.float64())
    received = pa.array([span.received_ms for span in spans], pa.int64())
    columns["received_at"] = received.cast(pa.timestamp("ms", "UTC"))
    columns["version"] = pa.array([span.version for span in spans], pa.uint64())
    columns["expires_at"] = expiry(spans, retention_days)


def expiry(spans: Sequence[Stored], retention_days: Callable[[str], int]) -> pa.Array:
    """The day on which each may be deleted."""
    days = [span.received_ms // 86_400_000 + retention_days(span.row.project) for span in spans]
    return pa.array(days, pa.int32()).cast(pa.date32())


def _attributes(columns: dict[str, pa.Array], rows: Sequence[SpanRow]) -> None:
    whole: list[bytes] = []
    lifted: list[int] = []
    keys: list[str] = []
    values: list[str] = []
    offsets = [0]
    resources: dict[int, bytes] = {}
    for row in rows:
        rest, bits = lift(row)
        lifted.append(bits)
        whole.append(json_object(rest, row.json_attributes))
        for key, value in rest.items():
            text = short_text(value)
            if text is not None:
                keys.append(key)
                values.append(text)
        offsets.append(len(keys))
        if id(row.resource) not in resources:
            resources[id(row.resource)] = json_object(row.resource, ())
    columns["attributes"] = pa.array(whole, pa.binary()).cast(pa.string())
    columns["lifted"] = pa.array(lifted, pa.uint8())
    columns["attributes_short"] = pa.MapArray.from_arrays(
        pa.array(offsets, pa.int32()), texts(keys), texts(values)
    )
    resource = pa.array([resources[id(row.resource)] for row in rows], pa.binary())
    columns["resource"] = resource.cast(pa.string())


def lift(row: SpanRow) -> tuple[dict[str, Scalar], int]:
    """The attributes without those that the input and output columns already hold."""
    attributes, bits = row.attributes, 0
    has_input = row.input is not None and attributes.get(INPUT_KEY) == row.input
    has_output = row.output is not None and attributes.get(OUTPUT_KEY) == row.output
    if not (has_input or has_output):
        return attributes, bits
    rest = dict(attributes)
    if has_input:
        del rest[INPUT_KEY]
        bits |= LIFTED_INPUT
    if has_output:
        del rest[OUTPUT_KEY]
        bits |= LIFTED_OUTPUT
    return rest, bits


def json_object(attributes: dict[str, Scalar], structured: Sequence[str]) -> bytes:
    """JSON text of the attributes, arrays and maps as such."""
    found: dict[str, Any] = attributes
    if structured:
        found = dict(attributes)
        for name in structured:
            if isinstance(text := found.get(name), str):
                found[name] = orjson.Fragment(text)
    try:
        return orjson.dumps(found, option=JSON_OPTIONS)
    except (TypeError, ValueError):  # a lone surrogate or a number beyond 64 bits
        return orjson.dumps({clean(k): safe(v) for k, v in attributes.items()})


def safe(value: Scalar) -> Scalar:
    """A value that JSON can carry: text is cleaned, huge integers become text."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int) and not -(2**63) <= value <= UINT64_MAX:
        return str(value)
    return value


def short_text(value: Scalar) -> str | None:
    """The text that a filter compares with; None when absent or too long."""
    if isinstance(value, str):
        return value if len(value) <= SHORT_CHARS_MAX else None
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def clean(text: str) -> str:
    """Replace what UTF-8 cannot carry."""
    return text.encode("utf-8", "replace").decode()


def texts(values: list[str]) -> pa.Array:
    """A string column."""
    try:
        return pa.array(values, pa.string())
    except (UnicodeEncodeError, pa.ArrowInvalid):
        return pa.array([clean(value) for value in values], pa.string())


def text_lists(values: list[tuple[str, ...]]) -> pa.Array:
    """A column of lists of strings."""
    try:
        return pa.array(values, pa.list_(pa.string()))
    except (UnicodeEncodeError, pa.ArrowInvalid):
        return pa.array([[clean(one) for one in value] for value in values], pa.list_(pa.string()))


def counts(values: list[int | None]) -> pa.Array:
    """A column of non-negative integers; what is none becomes null."""
    try:
        return pa.array(values, pa.uint64())
    except (pa.ArrowInvalid, OverflowError, TypeError):
        fits = [v if isinstance(v, int) and 0 <= v <= UINT64_MAX else None for v in values]
        return pa.array(fits, pa.uint64())


def nanoseconds(values: list[int]) -> pa.Array:
    """A column of UTC times."""
    return pa.array(values, pa.int64()).cast(pa.timestamp("ns", "UTC"))
