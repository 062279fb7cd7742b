"""Bodies of the query API that only this service answers with."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue, StrictBool

from libs.contracts.api import TraceSummary
from libs.contracts.base import Model, Timestamp
from services.traces.domain.filters import SpanFilter
from services.traces.domain.jq_program import PROGRAM_CHARS_MAX


class ProjectView(Model):
    """One project: what the store holds of it."""

    name: str
    span_count: int
    trace_count: int
    error_count: int
    first_seen_at: Timestamp
    last_seen_at: Timestamp


class SessionView(Model):
    """A session: totals over all of its traces, and one page of them, oldest first."""

    session_id: str
    projects: tuple[str, ...]
    user_ids: tuple[str, ...]
    trace_count: int
    span_count: int
    error_count: int
    tokens_total: int
    cost_usd: float
    started_at: Timestamp
    ended_at: Timestamp
    traces: tuple[TraceSummary, ...]
    next_cursor: str | None = None


class PreviewLine(Model):
    """One span of the overview. Shares are parts of the trace's duration, 0 to 1."""

    span_id: str
    parent_span_id: str | None
    depth: int
    name: str
    kind: str
    status: str
    status_message: str
    model: str | None
    tool_name: str | None
    offset_ms: float
    duration_ms: float
    latency_share: float
    self_share: float
    """Not spent in children."""
    critical_share: float
    """On the critical path: 0 when nothing waited for this span."""
    tokens: int
    cost_usd: float
    input: str
    input_chars: int
    output: str
    output_chars: int


class TracePreview(Model):
    """The whole trace at a glance: lines in tree order, texts cut to `chars`."""

    summary: TraceSummary
    lines: tuple[PreviewLine, ...]
    critical_path: tuple[str, ...]
    """Span ids, in tree order."""


class FindPosted(Model):
    """A regular expression over every field of every span."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern: Annotated[str, Field(min_length=1, max_length=2000)]
    ignore_case: StrictBool = False
    limit: Annotated[int, Field(ge=1, le=1000, strict=True)] = 100
    cursor: Annotated[str, Field(max_length=1000)] | None = None


class MatchView(Model):
    """`offset` and `length` count characters of the field's text."""

    span_id: str
    span_name: str
    field: str
    offset: int
    length: int
    snippet: str


class FollowView(Model):
    """Where a value is in a trace, in order of time; the first item is its origin."""

    value: str
    items: tuple["SightingView", ...]
    span_ids: tuple[str, ...]
    """The spans it passed through, in order."""
    truncated: bool = False


class SightingView(Model):
    """One field of one span that holds the value `count` times, first at `offset`."""

    span_id: str
    parent_span_id: str | None
    span_name: str
    field: str
    offset: int
    count: int
    at: Timestamp
    role: Literal["origin", "read", "produced"]


class JqPosted(Model):
    """Input is the array of spans; with `span_id` that span; with `field` too, its JSON value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    program: Annotated[str, Field(min_length=1, max_length=PROGRAM_CHARS_MAX)]
    span_id: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{16}$")] | None = None
    field: Annotated[str, Field(min_length=1, max_length=1000)] | None = Field(
        None, description="`input`, `output`, `attributes.KEY` or another field of a span"
    )
    limit: Annotated[int, Field(ge=1, le=10_000, strict=True)] = 1000


class JqAnswer(Model):
    """`truncated` when there was more than `limit`, or than the answer may hold."""

    results: tuple[JsonValue, ...]
    truncated: bool


class ExportPosted(Model):
    """Which spans, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    filter: SpanFilter = SpanFilter()
    format: Literal["jsonl", "parquet"] = "jsonl"
    limit: Annotated[int, Field(ge=1, le=2**53, strict=True)] | None = None


class AggregateRow(Model):
    """`group` by the names asked for; `time` is the start of the bucket."""

    group: dict[str, Any]
    time: Timestamp | None = None
    values: dict[str, float | int | str | list[float | None] | None]


class AggregateAnswer(Model):
    """`truncated` when there were more groups than `limit`."""

    rows: tuple[AggregateRow, ...]
    truncated: bool
