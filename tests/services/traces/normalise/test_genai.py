"""GenAI shapes: current ones that no local instrumentor writes, and every older place."""

from collections.abc import Callable, Mapping

import orjson
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from libs.testkit.otlp import described, export_request, happened, span_of
from services.traces.domain.normalise import normalise
from services.traces.domain.span import SpanRow

RowOf = Callable[[Mapping[str, object]], SpanRow]
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini"}
OLD = {"gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o-mini"}
DETAILS = "gen_ai.client.inference.operation.details"


def row_with(span: Span) -> SpanRow:
    (row,) = normalise(export_request(span))
    return row


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("chat", "LLM"),
        ("generate_content", "LLM"),
        ("text_completion", "LLM"),
        ("embeddings", "EMBEDDING"),
        ("execute_tool", "TOOL"),
        ("invoke_agent", "AGENT"),
        ("create_agent", "AGENT"),
        ("invoke_workflow", "CHAIN"),
        ("retrieval", "RETRIEVER"),
    ],
)
def test_the_operation_says_the_kind(row_of: RowOf, operation: str, kind: str) -> None:
    assert row_of({"gen_ai.operation.name": operation}).kind == kind


def test_the_conversation_is_the_session(row_of: RowOf) -> None:
    row = row_of({**CHAT, "gen_ai.conversation.id": "c-1", "gen_ai.agent.name": "buyer"})
    assert (row.session_id, row.agent, row.family) == ("c-1", "buyer", "genai")


@pytest.mark.parametrize("as_json", [True, False])
def test_messages_are_read_as_json_text_and_as_values(row_of: RowOf, as_json: bool) -> None:
    told = [
        {"role": "user", "parts": [{"type": "text", "content": "weather?"}]},
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "must look"},
                {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Bern"}},
            ],
        },
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "c1", "response": {"sky": "blue"}}],
        },
    ]
    value: object = orjson.dumps(told).decode() if as_json else told
    row = row_of({**CHAT, "gen_ai.input.messages": value})
    assert orjson.loads(row.messages_input_json) == [
        {"role": "user", "content": "weather?"},
        {
            "role": "assistant",
            "parts": [{"type": "reasoning", "content": "must look"}],
            "tool_calls": [{"id": "c1", "name": "weather", "arguments": '{"city":"Bern"}'}],
        },
        {"role": "tool", "content": '{"sky":"blue"}', "tool_call_id": "c1"},
    ]
    assert row.flags == ()


@pytest.mark.parametrize("broken", ["[{", "7", "[5]", '{"parts": 3}'])
def test_messages_that_cannot_be_read_are_flagged_and_cost_only_themselves(
    row_of: RowOf, broken: str
) -> None:
    said = '[{"role": "assistant", "parts": [{"type": "text", "content": "hi"}]}]'
    row = row_of({**CHAT, "gen_ai.input.messages": broken, "gen_ai.output.messages": said})
    assert (row.flags, row.messages_input_json) == (("gen_ai.input.messages",), "")
    assert row.attributes["gen_ai.input.messages"] == broken
    assert (row.output, row.model) == ("hi", "gpt-4o-mini")


def test_an_agents_sum_is_not_counted_beside_its_calls(row_of: RowOf) -> None:
    used = {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 2}
    row = row_of({"gen_ai.operation.name": "invoke_agent", **used})
    assert (row.kind, row.tokens_input) == ("AGENT", None)
    remote = described(span_of(1, 1), {"gen_ai.operation.name": "invoke_agent", **used})
    remote.kind = Span.SPAN_KIND_CLIENT
    assert row_with(remote).tokens_input == 10


@pytest.mark.parametrize(
    ("read", "written"),
    [
        ("cache_read.input_tokens", "cache_write.input_tokens"),
        ("cache_read.input_tokens", "cache_creation.input_tokens"),
        ("cache_read_input_tokens", "cache_creation_input_tokens"),
        ("details.cache_read_tokens", "details.cache_write_tokens"),
    ],
)
def test_cache_counts_are_known_under_all_their_names(
    row_of: RowOf, read: str, written: str
) -> None:
    row = row_of(
        {
            **CHAT,
            "gen_ai.usage.input_tokens": 1000,
            f"gen_ai.usage.{read}": 600,
            f"gen_ai.usage.{written}": 100,
        }
    )
    assert (row.tokens_input, row.tokens_cache_read, row.tokens_cache_write) == (1000, 600, 100)


def test_a_tool_has_name_arguments_and_result(row_of: RowOf) -> None:
    row = row_of(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "weather",
            "gen_ai.tool.call.arguments": {"city": "Bern"},
            "gen_ai.tool.call.result": "sunny",
        }
    )
    assert (row.tool_name, row.input, row.output) == ("weather", '{"city":"Bern"}', "sunny")


def test_a_retrieval_has_query_and_documents(row_of: RowOf) -> None:
    found = [{"id": "d1", "score": 0.5}]
    row = row_of(
        {
            "gen_ai.operation.name": "retrieval",
            "gen_ai.retrieval.query.text": "who?",
            "gen_ai.retrieval.documents": found,
        }
    )
    assert row.input == "who?"
    assert orjson.loads(row.documents_json) == found


def test_indexed_prompts_and_completions_of_openllmetry_are_messages(row_of: RowOf) -> None:
    row = row_of(
        {
            **OLD,
            "llm.request.type": "chat",
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": "be brief",
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.1.content": '[{"type": "text", "text": "weather?"}]',
            "gen_ai.prompt.2.role": "tool",
            "gen_ai.prompt.2.content": "sunny",
            "gen_ai.prompt.2.tool_call_id": "c1",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.finish_reason": "tool_calls",
            "gen_ai.completion.0.tool_calls.0.id": "c2",
            "gen_ai.completion.0.tool_calls.0.name": "weather",
            "gen_ai.completion.0.tool_calls.0.arguments": '{"city": "Bern"}',
            "gen_ai.usage.prompt_tokens": 12,
            "gen_ai.usage.completion_tokens": 3,
            "llm.usage.total_tokens": 15,
        }
    )
    assert (row.kind, row.family, row.provider) == ("LLM", "traceloop", "openai")
    assert orjson.loads(row.messages_input_json) == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "weather?"},
        {"role": "tool", "content": "sunny", "tool_call_id": "c1"},
    ]
    assert orjson.loads(row.messages_output_json) == [
        {
            "role": "assistant",
            "tool_calls": [{"id": "c2", "name": "weather", "arguments": '{"city": "Bern"}'}],
            "finish_reason": "tool_calls",
        }
    ]
    assert (row.tokens_input, row.tokens_output) == (12, 3)


CALL = [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
CANONICAL_CALL = [{"id": "c1", "name": "f", "arguments": "{}"}]


def test_message_events_of_the_first_conventions_are_messages() -> None:
    span = described(span_of(1, 1), OLD)
    happened(span, "gen_ai.system.message", {"content": "be brief"})
    happened(span, "gen_ai.user.message", {"content": "weather?"})
    happened(span, "gen_ai.assistant.message", {"tool_calls": orjson.dumps(CALL).decode()})
    happened(span, "gen_ai.tool.message", {"content": "sunny", "id": "c1"})
    message = {"role": "assistant", "content": "it is sunny"}
    happened(span, "gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": message})
    row = row_with(span)
    assert orjson.loads(row.messages_input_json) == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "weather?"},
        {"role": "assistant", "tool_calls": CANONICAL_CALL},
        {"role": "tool", "content": "sunny", "tool_call_id": "c1"},
    ]
    assert row.output == "it is sunny"
    assert orjson.loads(row.messages_output_json)[0]["finish_reason"] == "stop"


def test_message_events_with_one_json_attribute_are_messages() -> None:
    span = described(span_of(1, 1), OLD)
    content = {"gen_ai.event.content": '{"role": "user", "content": "weather?"}'}
    happened(span, "gen_ai.user.message", content)
    choice = {"message": {"content": "sunny"}, "finish_reason": "stop", "index": 0}
    happened(span, "gen_ai.choice", {"gen_ai.event.content": orjson.dumps(choice).decode()})
    row = row_with(span)
    assert (row.input, row.output) == ("weather?", "sunny")


def test_whole_prompts_in_content_events_are_messages() -> None:
    span = described(span_of(1, 1), OLD)
    prompt = '[{"role": "user", "content": "weather?"}]'
    happened(span, "gen_ai.content.prompt", {"gen_ai.prompt": prompt})
    happened(span, "gen_ai.content.completion", {"gen_ai.completion": "sunny"})
    row = row_with(span)
    assert (row.input, row.output) == ("weather?", "sunny")


def test_content_in_the_details_event_counts_as_the_spans() -> None:
    span = described(span_of(1, 1), CHAT)
    told = [{"role": "user", "parts": [{"type": "text", "content": "weather?"}]}]
    said = [{"role": "assistant", "parts": [{"type": "text", "content": "sunny"}]}]
    happened(span, DETAILS, {"gen_ai.input.messages": told, "gen_ai.output.messages": said})
    row = row_with(span)
    assert (row.input, row.output) == ("weather?", "sunny")


def test_an_evaluation_event_is_an_evaluation_of_its_span() -> None:
    span = described(span_of(1, 1), CHAT)
    verdict = {
        "gen_ai.evaluation.name": "relevance",
        "gen_ai.evaluation.score.value": 0.5,
        "gen_ai.evaluation.score.label": "partly",
        "gen_ai.evaluation.explanation": "half of it",
    }
    row = row_with(happened(span, "gen_ai.evaluation.result", verdict))
    assert orjson.loads(row.evaluations_json) == [
        {"name": "relevance", "label": "partly", "score": 0.5, "explanation": "half of it"}
    ]


def test_an_event_that_makes_no_sense_is_flagged_and_the_others_are_read() -> None:
    span = described(span_of(1, 1), OLD)
    happened(span, "gen_ai.user.message", {"content": "weather?"})
    happened(span, "gen_ai.tool.message", {"gen_ai.event.content": '{"parts": 5}'})
    row = row_with(span)
    assert row.input == "weather?"
    assert row.flags == ("gen_ai.tool.message",)
