"""Pydantic AI, Logfire and Langfuse, driven for real."""

import os
from typing import Any

import orjson
import pytest
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

os.environ.setdefault("LOGFIRE_SEND_TO_LOGFIRE", "false")

import logfire
from langfuse import Langfuse, propagate_attributes
from pydantic_ai import Agent
from pydantic_ai.capabilities import Instrumentation
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.instrumented import InstrumentationSettings
from pydantic_ai.providers.anthropic import AnthropicProvider

from libs.testkit.fake_providers import FakeProviders, Reply, ToolUse, Usage
from tests.services.traces.normalise.conftest import Traced

USED = Usage(input=1000, output=50, cache_read=600, cache_write=100)
MODEL = "claude-sonnet-4-6"


def forecast(fake: FakeProviders, settings: InstrumentationSettings) -> None:
    fake.queue(
        Reply(text="let me look", tools=(ToolUse("weather", {"city": "Bern"}),), usage=USED),
        Reply(text="sunny", usage=USED),
    )
    provider = AnthropicProvider(base_url=fake.anthropic_url, api_key="test")
    agent: Any = Agent(
        AnthropicModel(MODEL, provider=provider),
        instructions="be brief",
        name="forecaster",
        capabilities=[Instrumentation(settings=settings)],
    )

    @agent.tool_plain
    def weather(city: str) -> str:
        """Weather of a city"""
        return f"sunny in {city}"

    assert agent.run_sync("weather?").output == "sunny"


@pytest.mark.parametrize("version", [2, 3, 4, 5, 6])
def test_a_pydantic_ai_run_reads_the_same_in_every_version_of_its_conventions(
    fake: FakeProviders, traced: Traced, version: Any
) -> None:
    forecast(fake, InstrumentationSettings(tracer_provider=traced.provider, version=version))
    rows = traced.rows()
    calls = [row for row in rows if row.kind == "LLM"]
    assert [(row.model, row.provider, row.agent) for row in calls] == [
        (MODEL, "anthropic", "forecaster")
    ] * 2
    assert sum(row.tokens_input or 0 for row in rows) == 2000
    assert (calls[0].tokens_cache_read, calls[0].tokens_cache_write) == (600, 100)
    assert calls[0].cost_usd is not None
    assert calls[0].cost_usd == pytest.approx(0.002205)
    told = orjson.loads(calls[1].messages_input_json)
    assert [message["role"] for message in told] == ["system", "user", "assistant", "tool"]
    assert told[-1]["content"] == "sunny in Bern"
    agent = traced.only(kind="AGENT")
    assert (agent.output, agent.tokens_input, agent.cost_usd) == ("sunny", None, None)
    assert {row.session_id for row in rows} == {agent.session_id}
    assert agent.session_id
    used = traced.only(kind="TOOL")
    assert (used.tool_name, used.output) == ("weather", "sunny in Bern")
    assert orjson.loads(used.input or "") == {"city": "Bern"}
    assert {row.flags for row in rows} == {()}


def test_logfires_own_spans_keep_their_attributes_and_claim_no_meaning(traced: Traced) -> None:
    instance = logfire.configure(
        local=True,
        send_to_logfire=False,
        console=False,
        service_name="shop",
        additional_span_processors=[traced.processor],
    )
    with instance.span("outer {x}", x=1, nested={"a": [1, 2]}):
        instance.info("note {y}", y=2)
    outer = traced.only(name="outer {x}")
    assert (outer.project, outer.family, outer.kind) == ("shop", "logfire", "UNKNOWN")
    assert outer.attributes["logfire.msg"] == "outer 1"
    assert outer.attributes["nested"] == '{"a":[1,2]}'
    assert outer.flags == ()


class Nowhere(SpanExporter):
    """Langfuse insists on an exporter of its own; the test reads another."""

    def export(self, spans: Any) -> SpanExportResult:
        return SpanExportResult.SUCCESS


def test_langfuse_observations_have_kinds_sessions_and_buckets_that_do_not_overlap(
    traced: Traced,
) -> None:
    client = Langfuse(
        public_key="pk-test",
        secret_key="sk-test",
        base_url="http://127.0.0.1:9",
        tracer_provider=traced.provider,
        span_exporter=Nowhere(),
    )
    asked = [{"role": "user", "content": "weather?"}]
    buckets = {
        "input": 300,
        "output": 50,
        "cache_read_input_tokens": 600,
        "cache_creation_input_tokens": 100,
    }
    with (
        client.start_as_current_observation(as_type="agent", name="root", input="weather?") as root,
        propagate_attributes(user_id="user-1", session_id="session-1"),
    ):
        with client.start_as_current_observation(
            as_type="generation", name="gen", model=MODEL, input=asked
        ) as call:
            answer = {"role": "assistant", "content": "sunny"}
            call.update(output=answer, usage_details=buckets, cost_details={"total": 0.5})
        with client.start_as_current_observation(as_type="tool", name="weather", input="Bern"):
            pass
        with client.start_as_current_observation(as_type="retriever", name="shelf") as shelf:
            shelf.update(output=[{"page_content": "d"}])
        with client.start_as_current_observation(
            as_type="span", name="bad", level="ERROR", status_message="broke"
        ):
            pass
        root.update(output="sunny")
    gen = traced.only(name="gen")
    assert (gen.kind, gen.family, gen.model) == ("LLM", "langfuse", MODEL)
    assert (gen.session_id, gen.user_id) == ("session-1", "user-1")
    assert (gen.tokens_input, gen.tokens_output) == (1000, 50)
    assert (gen.tokens_cache_read, gen.tokens_cache_write) == (600, 100)
    assert gen.cost_usd == 0.5
    assert orjson.loads(gen.messages_input_json) == asked
    assert orjson.loads(gen.messages_output_json) == [answer]
    assert traced.only(name="root").kind == "AGENT"
    tool = traced.only(name="weather")
    assert (tool.kind, tool.tool_name, tool.input) == ("TOOL", "weather", "Bern")
    assert orjson.loads(traced.only(name="shelf").documents_json) == [{"content": "d"}]
    bad = traced.only(name="bad")
    assert (bad.kind, bad.status, bad.status_message) == ("CHAIN", "ERROR", "broke")
