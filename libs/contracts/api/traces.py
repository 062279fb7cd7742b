"""Spans and traces as the query API shows them."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from libs.contracts.base import Model, Timestamp
from libs.contracts.events.evaluations import Quote
from libs.contracts.events.feedback import FeedbackKind


class SpanView(Model):
    """One span. `attributes` holds every raw attribute; canonical fields are derived from them."""

    project: str
    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    kind: str
    """OpenInference kind: LLM, TOOL, CHAIN, AGENT, RETRIEVER, ..., or UNKNOWN."""
    status: Literal["UNSET", "OK", "ERROR"]
    status_message: str = ""
    started_at: Timestamp
    ended_at: Timestamp
    duration_ms: float
    session_id: str | None = None
    user_id: str | None = None
    agent: str | None = None
    config_digest: str | None = None
    model: str | None = None
    provider: str | None = None
    tokens_input: int | None = None
    tokens_output: int | None = None
    tokens_cache_read: int | None = None
    tokens_cache_write: int | None = None
    cost_usd: float | None = None
    input: str | None = None
    output: str | None = None
    attributes: dict[str, Any] = {}
    events: tuple[dict[str, Any], ...] = ()
    links: tuple[dict[str, Any], ...] = ()
    otel_kind: int = 0
    """OTLP SpanKind: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer."""
    family: str = "otel"
    """Whose attribute names the meaning was read from: openinference, genai, vercel, ..."""
    tool_name: str | None = None
    tokens_reasoning: int | None = None
    messages_input: Any = None
    """[{role, content, name?, tool_calls?, tool_call_id?}], or None."""
    messages_output: Any = None
    tools: Any = None
    """Tools offered to the model: [{name, description?, parameters?}], or None."""
    documents: Any = None
    """Documents retrieved: [{id?, content?, score?, metadata?}], or None."""
    resource: dict[str, Any] = {}
    scope_name: str = ""
    scope_version: str = ""
    flags: tuple[str, ...] = ()
    """Parts that could not be normalised and were kept raw, by name."""


class EvaluationView(Model):
    evaluation_id: str
    trace_id: str
    span_id: str | None
    evaluator: str
    evaluator_version: str
    kind: str
    status: str
    label: str | None
    score: float | None
    passed: bool | None
    explanation: str
    evidence: tuple[Quote, ...] = ()
    evaluated_at: Timestamp


class FeedbackView(Model):
    feedback_id: str
    trace_id: str
    span_id: str | None
    kind: FeedbackKind
    author: str
    expected: Any = None
    score: float | None = None
    reason: str = ""
    precedent: str | None = None
    conditions: tuple[str, ...] = ()
    example_key: str | None = None
    recorded_at: Timestamp


class TraceSummary(Model):
    """One line of a list of traces."""

    project: str
    trace_id: str
    session_id: str | None
    user_id: str | None
    agent: str | None
    root_name: str
    status: Literal["UNSET", "OK", "ERROR"]
    started_at: Timestamp
    duration_ms: float
    span_count: int
    error_count: int
    tokens_total: int
    cost_usd: float
    config_digest: str | None
    complete: bool


class TraceTree(Model):
    """A whole trace: spans in start order (parents by `parent_span_id`) and what was said of it."""

    summary: TraceSummary
    spans: tuple[SpanView, ...]
    evaluations: tuple[EvaluationView, ...] = ()
    feedback: tuple[FeedbackView, ...] = ()


class TracesAsked(Model):
    """Some traces of one project, by id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: Annotated[str, Field(max_length=4096)]
    trace_ids: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[0-9a-fA-F]{32}$")], ...],
        Field(min_length=1, max_length=500),
    ]


class TraceTrees(Model):
    """Those that are there, without evaluations and feedback.

    `left` were not looked up, since the answer was full: ask again for these.
    """

    items: tuple[TraceTree, ...]
    left: tuple[str, ...] = ()
