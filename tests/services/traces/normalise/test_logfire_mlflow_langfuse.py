"""Older or rarer shapes of Logfire, Pydantic AI, MLflow and Langfuse."""

from collections.abc import Callable, Mapping

import orjson

from services.traces.domain.span import SpanRow

RowOf = Callable[[Mapping[str, object]], SpanRow]


def test_pydantic_ai_version_1_kept_messages_as_a_list_of_events(row_of: RowOf) -> None:
    events = [
        {"event.name": "gen_ai.system.message", "content": "be brief", "role": "system"},
        {"event.name": "gen_ai.user.message", "content": "weather?", "role": "user"},
        {
            "event.name": "gen_ai.choice",
            "index": 0,
            "message": {"role": "assistant", "content": "sunny"},
        },
    ]
    row = row_of(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.system": "anthropic",
            "gen_ai.request.model": "claude-sonnet-4-6",
            "events": orjson.dumps(events).decode(),
            "logfire.json_schema": "{}",
            "gen_ai.usage.input_tokens": 10,
        }
    )
    assert (row.kind, row.family, row.tokens_input) == ("LLM", "logfire", 10)
    assert orjson.loads(row.messages_input_json) == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "weather?"},
    ]
    assert (row.input, row.output) == ("weather?", "sunny")


def test_an_old_agent_run_repeats_the_sum_and_counts_nothing(row_of: RowOf) -> None:
    row = row_of(
        {
            "agent_name": "forecaster",
            "model_name": "claude-sonnet-4-6",
            "all_messages_events": '[{"event.name": "gen_ai.user.message", "content": "hi"}]',
            "final_result": "sunny",
            "gen_ai.usage.input_tokens": 10,
            "logfire.msg": "forecaster run",
        }
    )
    assert (row.kind, row.agent, row.output) == ("AGENT", "forecaster", "sunny")
    assert (row.tokens_input, row.cost_usd) == (None, None)


def test_logfires_openai_instrumentation_keeps_request_and_response(row_of: RowOf) -> None:
    request = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
    response = {"message": {"role": "assistant", "content": "hello"}}
    row = row_of(
        {
            "logfire.msg": "Chat Completion with 'gpt-4o-mini'",
            "request_data": orjson.dumps(request).decode(),
            "response_data": orjson.dumps(response).decode(),
        }
    )
    assert (row.kind, row.model) == ("LLM", "gpt-4o-mini")
    assert (row.input, row.output) == ("hi", "hello")


def test_mlflow_costs_tools_and_openai_responses(row_of: RowOf) -> None:
    asked = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
    answer = {"choices": [{"message": {"role": "assistant", "content": "hello"}}]}
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    row = row_of(
        {
            "mlflow.spanType": '"CHAT_MODEL"',
            "mlflow.spanInputs": orjson.dumps(asked).decode(),
            "mlflow.spanOutputs": orjson.dumps(answer).decode(),
            "mlflow.chat.tools": orjson.dumps([tool]).decode(),
            "mlflow.llm.model": '"gpt-4o-mini"',
            "mlflow.llm.cost": '{"input_cost": 0.25, "output_cost": 0.5, "total_cost": 0.75}',
            "mlflow.chat.tokenUsage": '{"input_tokens": 5, "output_tokens": 2}',
            "session.id": '"s1"',
        }
    )
    assert (row.kind, row.model, row.session_id) == ("LLM", "gpt-4o-mini", "s1")
    assert (row.tokens_input, row.tokens_output, row.cost_usd) == (5, 2, 0.75)
    assert orjson.loads(row.messages_output_json) == [{"role": "assistant", "content": "hello"}]
    assert orjson.loads(row.tools_json) == [{"name": "f", "parameters": {"type": "object"}}]


def test_mlflow_usage_that_cannot_be_read_costs_only_itself(row_of: RowOf) -> None:
    row = row_of(
        {
            "mlflow.spanType": '"TOOL"',
            "mlflow.spanInputs": '{"city": "Bern"}',
            "mlflow.chat.tokenUsage": "[1]",
        }
    )
    assert (row.kind, row.input) == ("TOOL", '{"city": "Bern"}')
    assert row.flags == ("mlflow.chat.tokenUsage",)


def test_langfuse_lets_openais_usage_through_with_cached_tokens_inside(row_of: RowOf) -> None:
    usage = {
        "prompt_tokens": 1000,
        "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 600},
    }
    row = row_of(
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.model.name": "gpt-4o-mini",
            "langfuse.observation.input": '[{"role": "user", "content": "hi"}]',
            "langfuse.observation.output": "hello",
            "langfuse.observation.usage_details": orjson.dumps(usage).decode(),
        }
    )
    assert (row.tokens_input, row.tokens_output, row.tokens_cache_read) == (1000, 50, 600)
    assert orjson.loads(row.messages_output_json) == [{"role": "assistant", "content": "hello"}]


def test_langfuse_parts_of_a_cost_are_added(row_of: RowOf) -> None:
    row = row_of(
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.cost_details": '{"input": 0.25, "output": 0.5}',
            "langfuse.observation.usage_details": '{"input": 1, "output": "x"}',
        }
    )
    assert row.cost_usd == 0.75
    assert row.flags == ("langfuse.observation.usage_details",)
    assert (row.tokens_input, row.tokens_output) == (1, None)
