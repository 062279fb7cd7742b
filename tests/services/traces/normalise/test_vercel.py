"""Vercel AI SDK spans, after its documented attributes (it needs Node to run)."""

from collections.abc import Callable, Mapping

import orjson
import pytest

from services.traces.domain.span import SpanRow

RowOf = Callable[[Mapping[str, object]], SpanRow]
PROMPT = [
    {"role": "system", "content": "be brief"},
    {"role": "user", "content": [{"type": "text", "text": "weather?"}]},
    {
        "role": "assistant",
        "content": [
            {"type": "tool-call", "toolCallId": "c1", "toolName": "weather", "input": {"city": "B"}}
        ],
    },
    {
        "role": "tool",
        "content": [
            {
                "type": "tool-result",
                "toolCallId": "c1",
                "toolName": "weather",
                "output": {"type": "json", "value": {"sky": "blue"}},
            }
        ],
    },
]
TOOL = {"type": "function", "name": "weather", "inputSchema": {"type": "object"}}
CALL = {
    "ai.operationId": "ai.generateText.doGenerate",
    "ai.model.id": "claude-sonnet-4-6",
    "ai.model.provider": "anthropic.messages",
    "ai.prompt.messages": orjson.dumps(PROMPT).decode(),
    "ai.prompt.tools": [orjson.dumps(TOOL).decode()],
    "ai.response.text": "look",
    "ai.response.toolCalls": orjson.dumps(
        [{"toolCallId": "c2", "toolName": "weather", "input": '{"city":"Z"}'}]
    ).decode(),
    "ai.telemetry.metadata.sessionId": "s1",
    "ai.telemetry.metadata.userId": "u1",
    "gen_ai.system": "anthropic.messages",
    "gen_ai.request.model": "claude-sonnet-4-6",
}


def test_a_call_has_messages_tools_model_and_session(row_of: RowOf) -> None:
    row = row_of(CALL)
    assert (row.kind, row.family) == ("LLM", "vercel")
    assert (row.model, row.provider) == ("claude-sonnet-4-6", "anthropic")
    assert (row.session_id, row.user_id) == ("s1", "u1")
    assert orjson.loads(row.messages_input_json) == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "weather?"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "c1", "name": "weather", "arguments": '{"city":"B"}'}],
        },
        {"role": "tool", "content": '{"sky":"blue"}', "tool_call_id": "c1", "name": "weather"},
    ]
    assert orjson.loads(row.messages_output_json) == [
        {
            "role": "assistant",
            "content": "look",
            "tool_calls": [{"id": "c2", "name": "weather", "arguments": '{"city":"Z"}'}],
        }
    ]
    assert orjson.loads(row.tools_json) == [{"name": "weather", "parameters": {"type": "object"}}]
    assert row.flags == ()


def test_version_6_counts_cached_tokens_inside_the_input_for_every_provider(row_of: RowOf) -> None:
    row = row_of(
        {
            **CALL,
            "ai.usage.inputTokens": 1000,
            "ai.usage.outputTokens": 50,
            "ai.usage.cachedInputTokens": 600,
            "ai.usage.inputTokenDetails.noCacheTokens": 300,
            "ai.usage.inputTokenDetails.cacheReadTokens": 600,
            "ai.usage.inputTokenDetails.cacheWriteTokens": 100,
            "gen_ai.usage.input_tokens": 1000,
        }
    )
    assert (row.tokens_input, row.tokens_cache_read, row.tokens_cache_write) == (1000, 600, 100)
    assert row.cost_usd == pytest.approx(0.002205)


def test_before_version_6_anthropic_left_cached_tokens_out(row_of: RowOf) -> None:
    metadata = '{"anthropic": {"cacheCreationInputTokens": 100}}'
    row = row_of(
        {
            **CALL,
            "ai.usage.inputTokens": 300,
            "ai.usage.outputTokens": 50,
            "ai.usage.cachedInputTokens": 600,
            "ai.response.providerMetadata": metadata,
        }
    )
    assert (row.tokens_input, row.tokens_cache_read, row.tokens_cache_write) == (1000, 600, 100)
    assert row.cost_usd == pytest.approx(0.002205)


def test_before_version_6_openai_held_cached_tokens_in(row_of: RowOf) -> None:
    row = row_of(
        {
            **CALL,
            "ai.model.provider": "openai.responses",
            "ai.usage.promptTokens": 1000,
            "ai.usage.cachedInputTokens": 600,
        }
    )
    assert (row.provider, row.tokens_input, row.tokens_cache_read) == ("openai", 1000, 600)


def test_the_outer_span_repeats_the_sum_and_counts_nothing(row_of: RowOf) -> None:
    row = row_of(
        {
            "ai.operationId": "ai.generateText",
            "operation.name": "ai.generateText my-function",
            "ai.prompt": '{"prompt": "weather?"}',
            "ai.response.text": "sunny",
            "ai.model.id": "claude-sonnet-4-6",
            "ai.usage.promptTokens": 1000,
            "ai.usage.completionTokens": 50,
        }
    )
    assert (row.kind, row.tokens_input, row.cost_usd) == ("CHAIN", None, None)
    assert (row.input, row.output) == ('{"prompt": "weather?"}', "sunny")


def test_a_tool_call_has_name_arguments_and_result(row_of: RowOf) -> None:
    row = row_of(
        {
            "ai.operationId": "ai.toolCall",
            "ai.toolCall.name": "weather",
            "ai.toolCall.args": '{"city":"Bern"}',
            "ai.toolCall.result": '"sunny"',
        }
    )
    assert (row.kind, row.tool_name) == ("TOOL", "weather")
    assert (row.input, row.output) == ('{"city":"Bern"}', '"sunny"')


def test_an_object_is_the_answer_and_an_embedding_counts_its_tokens(row_of: RowOf) -> None:
    made = row_of(
        {**CALL, "ai.operationId": "ai.generateObject.doGenerate", "ai.response.object": '{"a":1}'}
        | {"ai.response.text": ""}
    )
    assert orjson.loads(made.messages_output_json)[0]["content"] == '{"a":1}'
    embedded = row_of(
        {
            "ai.operationId": "ai.embed.doEmbed",
            "ai.model.id": "text-embedding-3-small",
            "ai.model.provider": "openai.embedding",
            "ai.values": ['"a"'],
            "ai.usage.tokens": 12,
        }
    )
    assert (embedded.kind, embedded.tokens_input) == ("EMBEDDING", 12)


def test_broken_json_is_flagged_and_costs_only_itself(row_of: RowOf) -> None:
    row = row_of({**CALL, "ai.prompt.messages": "[{", "ai.prompt.tools": "no"})
    assert set(row.flags) == {"ai.prompt.messages", "ai.prompt.tools"}
    assert orjson.loads(row.messages_output_json)[0]["content"] == "look"
