"""The one span model: OpenInference meaning in columns, every raw attribute kept beside it."""

from dataclasses import dataclass, field

Scalar = str | int | float | bool | None


@dataclass(slots=True)
class SpanRow:
    """One span, ready for a columnar store. Field names follow `libs.contracts.api.SpanView`.

    Times are nanoseconds since the epoch and fit a signed 64-bit integer.
    Fields ending in `_json` hold canonical JSON text, or "" when there is nothing.
    Mutable, since each family fills what it knows; after `normalise` nobody changes a row.
    """

    project: str
    trace_id: str
    """32 lower-case hex digits; derived from the span's content when the sender's was invalid."""
    span_id: str
    """16 lower-case hex digits; derived likewise."""
    parent_span_id: str | None
    name: str
    start_ns: int
    end_ns: int
    kind: str = "UNKNOWN"
    """OpenInference kind: LLM, TOOL, CHAIN, AGENT, RETRIEVER, EMBEDDING, ..., or UNKNOWN."""
    otel_kind: int = 0
    """OTLP SpanKind: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer."""
    status: str = "UNSET"
    status_message: str = ""
    family: str = "otel"
    """Who wrote the meaning: openinference, genai, traceloop, vercel, logfire, mlflow, ..."""
    session_id: str | None = None
    user_id: str | None = None
    agent: str | None = None
    config_digest: str | None = None
    model: str | None = None
    provider: str | None = None
    tokens_input: int | None = None
    """All input tokens; cache reads and writes are part of it, counted once."""
    tokens_output: int | None = None
    """All output tokens; reasoning tokens are part of it."""
    tokens_cache_read: int | None = None
    tokens_cache_write: int | None = None
    tokens_reasoning: int | None = None
    cost_usd: float | None = None
    input: str | None = None
    output: str | None = None
    tool_name: str | None = None
    messages_input_json: str = ""
    """[{role, content, name?, tool_calls?: [{id, name, arguments}], tool_call_id?, parts?}]"""
    messages_output_json: str = ""
    tools_json: str = ""
    """Tools offered to the model: [{name, description?, parameters?}]"""
    documents_json: str = ""
    """Documents retrieved: [{id?, content?, score?, metadata?}]"""
    evaluations_json: str = ""
    """`gen_ai.evaluation.result` on this span: [{name, label?, score?, explanation?}]"""
    attributes: dict[str, Scalar] = field(default_factory=dict)
    """Every raw attribute. Arrays and maps are JSON text, and named in `json_attributes`."""
    json_attributes: tuple[str, ...] = ()
    resource: dict[str, Scalar] = field(default_factory=dict)
    """Resource attributes; one dict shared by all rows of a resource, so never change it."""
    scope_name: str = ""
    scope_version: str = ""
    trace_state: str = ""
    events_json: str = ""
    """[{name, time_ns, attributes}]"""
    links_json: str = ""
    """[{trace_id, span_id, attributes?}]"""
    flags: tuple[str, ...] = ()
    """Parts that could not be normalised and were kept raw, by name."""
    event_only: bool = False
    """Log events of the span that is `parent_span_id`, no span itself: see `normalise.carriers`."""

    @property
    def duration_ns(self) -> int:
        """End minus start; 0 when the clocks disagree (flag `times`)."""
        return max(0, self.end_ns - self.start_ns)
