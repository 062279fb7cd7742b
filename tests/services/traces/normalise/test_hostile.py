"""Whatever bytes come, nothing raises, every span stays, and what was not understood is kept."""

from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from libs.testkit.otlp import any_value, described, export_request, happened, span_of
from services.traces.domain.normalise import FAMILIES, normalise, normalise_bytes
from services.traces.domain.span import SpanRow
from tests.services.traces.normalise.encoded import check, with_raw_attributes

INT64 = st.integers(-(2**63), 2**63 - 1)
KNOWN_NAMES = [
    "openinference.span.kind",
    "llm.model_name",
    "llm.token_count.prompt",
    "llm.token_count.completion",
    "llm.token_count.prompt_details.cache_read",
    "llm.cost.total",
    "llm.input_messages",
    "llm.input_messages.0.message.role",
    "llm.input_messages.0.message.content",
    "llm.input_messages.0.message.tool_calls.0.tool_call.function.name",
    "llm.input_messages.999999999.message.role",
    "llm.output_messages.x",
    "llm.tools.0.tool.json_schema",
    "retrieval.documents.0.document.metadata",
    "input.value",
    "session.id",
    "user.id",
    "tool.parameters",
    "gen_ai.operation.name",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.prompt.0.content",
    "gen_ai.prompt",
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
    "gen_ai.usage.input_tokens",
    "gen_ai.retrieval.documents",
    "gen_ai.agent.name",
    "gen_ai.tool.name",
    "gen_ai.request.model",
    "traceloop.span.kind",
    "traceloop.entity.input",
    "llm.request.functions.0.parameters",
    "ai.operationId",
    "ai.prompt.messages",
    "ai.response.toolCalls",
    "ai.prompt.tools",
    "ai.model.provider",
    "ai.response.providerMetadata",
    "ai.usage.inputTokens",
    "logfire.msg",
    "pydantic_ai.all_messages",
    "all_messages_events",
    "request_data",
    "response_data",
    "operation.cost",
    "events",
    "final_result",
    "mlflow.spanType",
    "mlflow.spanInputs",
    "mlflow.spanOutputs",
    "mlflow.chat.tokenUsage",
    "mlflow.llm.cost",
    "mlflow.chat.tools",
    "langfuse.observation.type",
    "langfuse.observation.usage_details",
    "langfuse.observation.cost_details",
    "langfuse.observation.input",
    "pawl.agent",
    "pawl.log.event",
]
KINDS = [
    "LLM",
    "TOOL",
    "AGENT",
    "RETRIEVER",
    "chat",
    "execute_tool",
    "retrieval",
    "generation",
    "ai.toolCall",
]
DEFECTS = {family.fill.__module__.rpartition(".")[2] for family in FAMILIES}
"""Flags of families that raised: what they should have salvaged they did not."""
NAMES = st.sampled_from(KNOWN_NAMES) | st.text(max_size=20) | st.text(min_size=120, max_size=140)
SCALARS = (
    st.none()
    | st.booleans()
    | INT64
    | st.floats(width=64)
    | st.text(max_size=30)
    | st.binary(max_size=20)
    | st.sampled_from(KINDS)
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**30) | st.text(max_size=5) | st.floats(width=32),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "role",
                    "content",
                    "parts",
                    "type",
                    "text",
                    "id",
                    "name",
                    "arguments",
                    "tool_calls",
                    "function",
                    "messages",
                    "choices",
                    "message",
                    "input",
                    "output",
                    "system",
                    "total",
                    "prompt_tokens",
                    "anthropic",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
JSON_TEXTS = JSON_VALUES.map(
    lambda value: (
        orjson.dumps(value, default=str, option=orjson.OPT_PASSTHROUGH_SUBCLASS).decode()
        if not _too_big(value)
        else str(value)
    )
)
VALUES = st.recursive(
    SCALARS | JSON_TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
ATTRIBUTES = st.lists(st.tuples(NAMES, VALUES), max_size=12)
SLOW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def _too_big(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_too_big, value))
    if isinstance(value, dict):
        return any(map(_too_big, value.values()))
    return isinstance(value, int) and abs(value) >= 2**63


def encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@st.composite
def spans(draw: st.DrawFn) -> Span:
    """A span that the wire can carry; ids, times, names and values as they come."""
    span = Span(
        trace_id=draw(st.binary(max_size=20)),
        span_id=draw(st.binary(max_size=10)),
        parent_span_id=draw(st.binary(max_size=10)),
        name=encodable(draw(st.text(max_size=10))),
        start_time_unix_nano=draw(st.integers(0, 2**64 - 1)),
        end_time_unix_nano=draw(st.integers(0, 2**64 - 1)),
    )
    for name, value in draw(ATTRIBUTES):
        span.attributes.add(key=encodable(name)).value.CopyFrom(any_value(clean(value)))
    for name, value in draw(st.lists(st.tuples(NAMES, VALUES), max_size=2)):
        happened(span, "gen_ai.user.message", {encodable(name): clean(value)})
    return span


def clean(value: Any) -> Any:
    """The same value with text that UTF-8 can carry."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {encodable(key): clean(item) for key, item in value.items()}
    return value


@SLOW
@given(st.lists(spans(), max_size=3))
def test_any_span_becomes_one_row_that_the_store_can_take(many: list[Span]) -> None:
    rows = normalise(export_request(*many))
    assert len(rows) == len(many)
    for row, span in zip(rows, many, strict=True):
        check(row)
        assert {pair.key for pair in span.attributes} <= row.attributes.keys()
        assert not DEFECTS & set(row.flags)


@SLOW
@given(spans())
def test_normalising_twice_gives_the_same_row(span: Span) -> None:
    value = export_request(span).SerializeToString()
    assert normalise_bytes(value) == normalise_bytes(value)


def rows_or_refusal(junk: bytes) -> list[SpanRow]:
    try:
        return normalise_bytes(junk)
    except ValueError:
        return []


@SLOW
@given(st.binary(max_size=400))
def test_bytes_that_are_no_request_raise_value_error_and_nothing_else(junk: bytes) -> None:
    for row in rows_or_refusal(junk):
        check(row)


@SLOW
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4))
def test_broken_attributes_cost_only_themselves(encoded: list[bytes]) -> None:
    good = b"\x0a\x0binput.value\x12\x04\x0a\x02hi"
    (row,) = normalise_bytes(with_raw_attributes(*encoded, good))
    check(row)
    assert row.input == "hi"


@SLOW
@given(st.data())
def test_a_cut_or_flipped_attribute_never_hides_another(data: st.DataObject) -> None:
    value = data.draw(VALUES)
    whole = described(span_of(1, 1), {"key": clean(value)}).attributes[0].SerializeToString()
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = whole[:at] + bytes((whole[at] ^ data.draw(st.integers(1, 255)),)) + whole[at + 1 :]
    good = b"\x0a\x0aoutput.val" + b"\x12\x04\x0a\x02hi"
    (row,) = normalise_bytes(with_raw_attributes(whole[:at], flipped, good))
    check(row)
    assert row.attributes["output.val"] == "hi"
