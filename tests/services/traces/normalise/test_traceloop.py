"""OpenLLMetry's workflow spans and its names from before `gen_ai.*`."""

from collections.abc import Callable, Mapping

import orjson
import pytest

from services.traces.domain.span import SpanRow

RowOf = Callable[[Mapping[str, object]], SpanRow]


@pytest.mark.parametrize(
    ("said", "kind"),
    [("workflow", "CHAIN"), ("task", "CHAIN"), ("agent", "AGENT"), ("tool", "TOOL")],
)
def test_the_span_kind_says_the_kind(row_of: RowOf, said: str, kind: str) -> None:
    row = row_of(
        {
            "traceloop.span.kind": said,
            "traceloop.entity.name": "step",
            "traceloop.entity.input": '{"a": 1}',
            "traceloop.entity.output": "done",
            "traceloop.association.properties.session_id": "s1",
            "traceloop.association.properties.user_id": "u1",
        }
    )
    assert (row.kind, row.family) == (kind, "traceloop")
    assert (row.input, row.output) == ('{"a": 1}', "done")
    assert (row.session_id, row.user_id) == ("s1", "u1")
    assert row.tool_name == ("step" if kind == "TOOL" else None)
    assert row.agent == ("step" if kind == "AGENT" else None)


def test_names_from_before_gen_ai_still_count_tokens_and_tools(row_of: RowOf) -> None:
    row = row_of(
        {
            "llm.request.type": "chat",
            "gen_ai.system": "Anthropic",
            "gen_ai.request.model": "claude-sonnet-4-6",
            "gen_ai.usage.prompt_tokens": 1000,
            "gen_ai.usage.completion_tokens": 50,
            "gen_ai.usage.cache_read_input_tokens": 600,
            "gen_ai.usage.cache_creation_input_tokens": 100,
            "llm.usage.total_tokens": 1050,
            "llm.request.functions.0.name": "weather",
            "llm.request.functions.0.description": "Weather of a city",
            "llm.request.functions.0.parameters": '{"type": "object"}',
        }
    )
    assert (row.kind, row.tokens_input, row.tokens_cache_read) == ("LLM", 1000, 600)
    assert row.cost_usd == pytest.approx(0.002205)
    assert orjson.loads(row.tools_json) == [
        {
            "name": "weather",
            "description": "Weather of a city",
            "parameters": {"type": "object"},
        }
    ]
