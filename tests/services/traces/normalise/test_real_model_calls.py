"""Calls through the real instrumentors of every family come out as the same canonical fields.

The fakes report 1000 input tokens, 600 read from cache and 100 written to it, each provider in its
own way. Whatever the provider and the instrumentor, the row says 1000.
"""

from collections.abc import Callable
from typing import Any

import anthropic
import openai
import orjson
import pytest
from openinference.instrumentation.anthropic import AnthropicInstrumentor as OpenInferenceAnthropic
from openinference.instrumentation.openai import OpenAIInstrumentor as OpenInferenceOpenAI
from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor as TraceloopAnthropic
from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor as GenAIAnthropic
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor as GenAIOpenAI

from libs.testkit.fake_providers import FakeProviders, Reply, ToolUse, Usage
from services.traces.domain.span import SpanRow
from tests.services.traces.normalise.conftest import Instrumentor, Traced

USED = Usage(input=1000, output=50, cache_read=600, cache_write=100, reasoning=7)
LOOKS = Reply(text="let me look", tools=(ToolUse("weather", {"city": "Bern"}),), usage=USED)
SUNNY = Reply(text="sunny", usage=USED)
SYSTEM = "be brief"
CLAUDE, GPT = "claude-sonnet-4-6", "gpt-4o-mini"
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOL = {"name": "weather", "description": "Weather of a city"}
CLAUDE_TOOLS = [{**TOOL, "input_schema": PARAMETERS}]
GPT_TOOLS = [{"type": "function", "function": {**TOOL, "parameters": PARAMETERS}}]
CALLED = {"id": "c1", "name": "weather", "arguments": '{"city":"Bern"}'}

SwitchOn = Callable[[Instrumentor], None]


@pytest.fixture(autouse=True)
def content_is_captured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "span_only")


def claude_turn(fake: FakeProviders) -> None:
    """A question, and then the answer after a tool call."""
    fake.queue(LOOKS, SUNNY)
    client = anthropic.Anthropic(base_url=fake.anthropic_url, api_key="test", max_retries=0)
    ask: dict[str, Any] = {"model": CLAUDE, "max_tokens": 99, "tools": CLAUDE_TOOLS}
    asked: dict[str, Any] = {"role": "user", "content": "weather?"}
    call = {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Bern"}}
    called = {"role": "assistant", "content": [{"type": "text", "text": "let me look"}, call]}
    result = {"type": "tool_result", "tool_use_id": "c1", "content": "sunny 20C"}
    client.messages.create(**ask, messages=[asked], system=SYSTEM)
    client.messages.create(
        **ask, messages=[asked, called, {"role": "user", "content": [result]}], system=SYSTEM
    )


def gpt_turn(fake: FakeProviders) -> None:
    """The same with OpenAI."""
    fake.queue(LOOKS, SUNNY)
    client = openai.OpenAI(base_url=fake.openai_url, api_key="test", max_retries=0)
    system, asked = {"role": "system", "content": SYSTEM}, {"role": "user", "content": "weather?"}
    function = {"name": "weather", "arguments": '{"city":"Bern"}'}
    call = {"id": "c1", "type": "function", "function": function}
    called = {"role": "assistant", "content": "let me look", "tool_calls": [call]}
    result = {"role": "tool", "tool_call_id": "c1", "content": "sunny 20C"}
    ask: dict[str, Any] = {"model": GPT, "tools": GPT_TOOLS}
    client.chat.completions.create(**ask, messages=[system, asked])
    client.chat.completions.create(**ask, messages=[system, asked, called, result])


Turn = Callable[[FakeProviders], None]
EVERY = [
    pytest.param(OpenInferenceAnthropic, claude_turn, "openinference", id="openinference-claude"),
    pytest.param(GenAIAnthropic, claude_turn, "genai", id="genai-claude"),
    pytest.param(TraceloopAnthropic, claude_turn, "genai", id="traceloop-claude"),
    pytest.param(OpenInferenceOpenAI, gpt_turn, "openinference", id="openinference-gpt"),
    pytest.param(GenAIOpenAI, gpt_turn, "genai", id="genai-gpt"),
]


def compact(messages: str) -> list[dict[str, Any]]:
    """Messages with the spaces of JSON arguments taken out."""
    found: list[dict[str, Any]] = orjson.loads(messages)
    for message in found:
        for call in message.get("tool_calls", []):
            call["arguments"] = orjson.dumps(orjson.loads(call["arguments"])).decode()
    return found


@pytest.mark.parametrize(("instrumentor", "turn", "family"), EVERY)
def test_kind_model_provider_and_times_are_the_same_in_every_family(
    fake: FakeProviders,
    traced: Traced,
    instrument: SwitchOn,
    instrumentor: type[Any],
    turn: Turn,
    family: str,
) -> None:
    instrument(instrumentor())
    turn(fake)
    rows = traced.rows()
    assert len(rows) == 2
    claude = turn is claude_turn
    for row in rows:
        assert (row.kind, row.family, row.status) == ("LLM", family, row.status)
        assert row.model == (CLAUDE if claude else GPT)
        assert row.provider == ("anthropic" if claude else "openai")
        assert row.status in ("OK", "UNSET")
        assert 0 < row.duration_ns < 10**10
        assert row.flags == ()


@pytest.mark.parametrize(("instrumentor", "turn", "family"), EVERY)
def test_cached_tokens_are_counted_once_and_priced_as_cached(
    fake: FakeProviders,
    traced: Traced,
    instrument: SwitchOn,
    instrumentor: type[Any],
    turn: Turn,
    family: str,
) -> None:
    instrument(instrumentor())
    turn(fake)
    row = traced.rows()[0]
    assert (row.tokens_input, row.tokens_output, row.tokens_cache_read) == (1000, 50, 600)
    if turn is claude_turn:
        assert row.tokens_cache_write == 100
        # 300 plain at 3, 600 read at 0.30, 100 written at 3.75, 50 out at 15 dollars a million
        assert row.cost_usd == pytest.approx((900 + 180 + 375 + 750) / 1e6)
    else:
        # 400 plain at 0.15, 600 read at 0.075, 50 out at 0.60 dollars a million
        assert row.tokens_reasoning == 7
        assert row.cost_usd == pytest.approx((60 + 45 + 30) / 1e6)


@pytest.mark.parametrize(("instrumentor", "turn", "family"), EVERY)
def test_messages_tools_and_calls_are_the_same_in_every_family(
    fake: FakeProviders,
    traced: Traced,
    instrument: SwitchOn,
    instrumentor: type[Any],
    turn: Turn,
    family: str,
) -> None:
    instrument(instrumentor())
    turn(fake)
    first, second = traced.rows()
    system = {"role": "system", "content": SYSTEM}
    asked = {"role": "user", "content": "weather?"}
    assert compact(first.messages_input_json) == [system, asked]
    (said,) = compact(first.messages_output_json)
    assert (said["role"], said["content"]) == ("assistant", "let me look")
    assert said["tool_calls"] == [{**CALLED, "id": "call_weather_0"}]
    assert orjson.loads(first.tools_json) == [{**TOOL, "parameters": PARAMETERS}]
    called = {"role": "assistant", "content": "let me look", "tool_calls": [CALLED]}
    result = {"role": "tool", "content": "sunny 20C", "tool_call_id": "c1"}
    assert compact(second.messages_input_json) == [system, asked, called, result]
    (answer,) = compact(second.messages_output_json)
    assert (answer["role"], answer["content"]) == ("assistant", "sunny")
    assert second.output is not None
    assert "sunny" in second.output


FAILING = [EVERY[0], EVERY[1], EVERY[2]]


@pytest.mark.parametrize(("instrumentor", "turn", "family"), FAILING)
def test_a_failed_call_keeps_its_question_and_says_why(
    fake: FakeProviders,
    traced: Traced,
    instrument: SwitchOn,
    instrumentor: type[Any],
    turn: Turn,
    family: str,
) -> None:
    instrument(instrumentor())
    fake.queue(Reply(status=529, error="too busy"))
    client = anthropic.Anthropic(base_url=fake.anthropic_url, api_key="test", max_retries=0)
    asked: Any = [{"role": "user", "content": "weather?"}]
    with pytest.raises(anthropic.APIStatusError, match="too busy"):
        client.messages.create(model=CLAUDE, max_tokens=9, messages=asked)
    (row,) = traced.rows()
    assert (row.kind, row.status, row.family) == ("LLM", "ERROR", family)
    assert "too busy" in row.status_message
    assert orjson.loads(row.messages_input_json) == asked
    assert (row.tokens_input, row.cost_usd, row.messages_output_json) == (None, None, "")


@pytest.mark.parametrize(
    "instrumentor", [OpenInferenceAnthropic, GenAIAnthropic], ids=["openinference", "genai"]
)
def test_a_streamed_answer_is_read_like_a_whole_one(
    fake: FakeProviders, traced: Traced, instrument: SwitchOn, instrumentor: type[Any]
) -> None:
    instrument(instrumentor())
    fake.queue(SUNNY)
    client = anthropic.Anthropic(base_url=fake.anthropic_url, api_key="test", max_retries=0)
    asked: Any = [{"role": "user", "content": "weather?"}]
    with client.messages.stream(model=CLAUDE, max_tokens=9, messages=asked) as stream:
        assert stream.get_final_text() == "sunny"
    (row,) = traced.rows()
    assert orjson.loads(row.messages_output_json)[0]["content"] == "sunny"
    assert (row.tokens_input, row.tokens_output, row.tokens_cache_read) == (1000, 50, 600)


@pytest.mark.parametrize(
    "instrumentor", [OpenInferenceOpenAI, GenAIOpenAI], ids=["openinference", "genai"]
)
def test_embeddings_are_kind_embedding_with_their_tokens(
    fake: FakeProviders, traced: Traced, instrument: SwitchOn, instrumentor: type[Any]
) -> None:
    instrument(instrumentor())
    client = openai.OpenAI(base_url=fake.openai_url, api_key="test", max_retries=0)
    client.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
    (row,) = traced.rows()
    assert (row.kind, row.model) == ("EMBEDDING", "text-embedding-3-small")
    assert row.tokens_input == 120
    assert row.cost_usd == pytest.approx(120 * 0.02 / 1e6)


def test_pictures_stay_parts_of_their_message(
    fake: FakeProviders, traced: Traced, instrument: SwitchOn
) -> None:
    instrument(OpenInferenceOpenAI())
    client = openai.OpenAI(base_url=fake.openai_url, api_key="test", max_retries=0)
    url = "data:image/png;base64,AAAA"
    content: Any = [
        {"type": "text", "text": "what is this?"},
        {"type": "image_url", "image_url": {"url": url}},
    ]
    client.chat.completions.create(model=GPT, messages=[{"role": "user", "content": content}])
    row: SpanRow = traced.rows()[0]
    (message,) = orjson.loads(row.messages_input_json)
    assert message["content"] == "what is this?"
    assert message["parts"] == [
        {"type": "text", "text": "what is this?"},
        {"type": "image", "url": url},
    ]
