"""OpenInference shapes that no local instrumentor writes, and salvage part by part."""

from collections.abc import Callable, Mapping

import orjson
import pytest

from services.traces.domain.span import SpanRow

RowOf = Callable[[Mapping[str, object]], SpanRow]
LLM = {"openinference.span.kind": "LLM", "llm.model_name": "claude-sonnet-4-6"}


def test_pawls_own_attributes_fill_agent_and_digest(row_of: RowOf) -> None:
    row = row_of({"openinference.span.kind": "AGENT", "pawl.agent": "buyer", "agent.name": "x"})
    assert (row.agent, row.config_digest) == ("buyer", None)
    row = row_of({"pawl.config.digest": "sha256:ab", "gen_ai.agent.name": "y"})
    assert (row.agent, row.config_digest) == ("y", "sha256:ab")


def test_a_cost_that_the_sender_states_wins_over_the_price_table(row_of: RowOf) -> None:
    counts = {"llm.token_count.prompt": 1000, "llm.token_count.completion": 10}
    assert row_of({**LLM, **counts}).cost_usd == pytest.approx((3000 + 150) / 1e6)
    assert row_of({**LLM, **counts, "llm.cost.total": 0.5}).cost_usd == 0.5
    parts = {"llm.cost.prompt": 0.25, "llm.cost.completion": 0.5}
    assert row_of({**LLM, **counts, **parts}).cost_usd == 0.75


def test_cached_tokens_beyond_the_prompt_were_left_out_of_it(row_of: RowOf) -> None:
    row = row_of(
        {
            **LLM,
            "llm.token_count.prompt": 5,
            "llm.token_count.prompt_details.cache_read": 900,
            "llm.token_count.prompt_details.cache_write": 95,
        }
    )
    assert (row.tokens_input, row.tokens_cache_read, row.tokens_cache_write) == (1000, 900, 95)


def test_a_token_count_that_is_none_is_flagged_and_costs_only_itself(row_of: RowOf) -> None:
    row = row_of({**LLM, "llm.token_count.prompt": -4, "llm.token_count.completion": 20})
    assert (row.tokens_input, row.tokens_output) == (None, 20)
    assert row.flags == ("llm.token_count.prompt",)
    assert row.attributes["llm.token_count.prompt"] == -4
    assert row_of({**LLM, "llm.token_count.prompt": "12"}).tokens_input == 12
    assert row_of({**LLM, "llm.token_count.prompt": 12.0}).tokens_input == 12


def test_an_unknown_kind_is_flagged_and_kept_raw(row_of: RowOf) -> None:
    row = row_of({"openinference.span.kind": "WIZARD", "input.value": "hi"})
    assert (row.kind, row.input) == ("UNKNOWN", "hi")
    assert row.flags == ("openinference.span.kind",)
    assert row.attributes["openinference.span.kind"] == "WIZARD"
    assert row_of({"openinference.span.kind": "tool"}).kind == "TOOL"


def test_a_huge_index_orders_and_allocates_nothing(row_of: RowOf) -> None:
    row = row_of(
        {
            **LLM,
            "llm.input_messages.999999999.message.role": "user",
            "llm.input_messages.999999999.message.content": "last",
            "llm.input_messages.7.message.role": "system",
            "llm.input_messages.7.message.content": "first",
        }
    )
    assert [m["content"] for m in orjson.loads(row.messages_input_json)] == ["first", "last"]
    assert row.flags == ()


@pytest.mark.parametrize(
    "name", ["9" * 5000 + ".message.role", "-1.message.role", "²³.message.role", "x.y", "3"]
)
def test_an_index_that_is_none_stays_raw_and_the_rest_is_read(row_of: RowOf, name: str) -> None:
    odd = f"llm.input_messages.{name}"
    said = {"llm.output_messages.0.message.role": "assistant"}
    row = row_of({**LLM, odd: "user", **said, "llm.output_messages.0.message.content": "yes"})
    assert row.flags == ("llm.input_messages",)
    assert row.attributes[odd] == "user"
    assert orjson.loads(row.messages_output_json) == [{"role": "assistant", "content": "yes"}]


def test_a_message_without_text_or_with_odd_values_does_not_hide_the_others(row_of: RowOf) -> None:
    at = "llm.input_messages."
    row = row_of(
        {
            **LLM,
            at + "0.message.role": "user",
            at + "0.message.content": 5,
            at + "1.message.role": "assistant",
            at + "2.message.content": "who said this?",
        }
    )
    assert orjson.loads(row.messages_input_json) == [
        {"role": "user", "content": "5"},
        {"role": "assistant"},
        {"role": "user", "content": "who said this?"},
    ]


def test_a_completions_api_call_has_prompts_and_choices(row_of: RowOf) -> None:
    row = row_of(
        {**LLM, "llm.prompts.0.prompt.text": "once", "llm.choices.0.completion.text": "upon"}
    )
    assert orjson.loads(row.messages_input_json) == [{"role": "user", "content": "once"}]
    assert (row.input, row.output) == ("once", "upon")


def test_documents_keep_score_id_and_metadata(row_of: RowOf) -> None:
    row = row_of(
        {
            "openinference.span.kind": "RETRIEVER",
            "retrieval.documents.0.document.id": "d1",
            "retrieval.documents.0.document.score": 0.5,
            "retrieval.documents.0.document.content": "text",
            "retrieval.documents.0.document.metadata": '{"page": 3}',
        }
    )
    assert orjson.loads(row.documents_json) == [
        {"id": "d1", "score": 0.5, "content": "text", "metadata": {"page": 3}}
    ]


def test_a_tool_span_has_its_name_and_parameters(row_of: RowOf) -> None:
    row = row_of(
        {
            "openinference.span.kind": "TOOL",
            "tool.name": "lookup_vendor",
            "tool.parameters": '{"name": "x"}',
            "output.value": "found",
        }
    )
    assert (row.kind, row.tool_name) == ("TOOL", "lookup_vendor")
    assert (row.input, row.output) == ('{"name": "x"}', "found")


def test_a_decision_span_has_model_and_tokens(row_of: RowOf) -> None:
    row = row_of(
        {
            "openinference.span.kind": "DECISION",
            "decision.model_name": "jev-latest",
            "decision.system": "typesafe",
            "decision.token_count.input": 90,
            "decision.token_count.output": 2,
        }
    )
    assert (row.kind, row.model, row.provider) == ("DECISION", "jev-latest", "typesafe")
    assert (row.tokens_input, row.tokens_output) == (90, 2)


def test_reasoning_and_function_calls_of_old_are_kept(row_of: RowOf) -> None:
    at = "llm.output_messages.0.message."
    row = row_of(
        {
            **LLM,
            at + "role": "assistant",
            at + "contents.0.message_content.type": "reasoning",
            at + "contents.0.message_content.text": "hm",
            at + "contents.1.message_content.type": "text",
            at + "contents.1.message_content.text": "yes",
            at + "function_call_name": "lookup",
            at + "function_call_arguments_json": "{}",
        }
    )
    (said,) = orjson.loads(row.messages_output_json)
    assert said["content"] == "yes"
    assert said["parts"] == [{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "yes"}]
    assert said["tool_calls"] == [{"id": "", "name": "lookup", "arguments": "{}"}]


def test_messages_as_one_json_text_are_read_too(row_of: RowOf) -> None:
    told = '[{"role": "user", "content": "hi"}]'
    row = row_of({**LLM, "llm.input_messages": told, "llm.output_messages": "[5]"})
    assert orjson.loads(row.messages_input_json) == [{"role": "user", "content": "hi"}]
    assert row.flags == ("llm.output_messages",)
