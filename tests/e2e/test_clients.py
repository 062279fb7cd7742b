"""Clients that know nothing of Pawl, unchanged, against the platform as a process."""

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from grpc import Compression as GrpcCompression
from langchain_anthropic import ChatAnthropic
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openinference.instrumentation.anthropic import AnthropicInstrumentor
from openinference.instrumentation.langchain import LangChainInstrumentor
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter

from libs.testkit.fake_providers import FakeProviders, Reply, ToolUse, Usage
from libs.testkit.processes import ROOT
from tests.e2e.conftest import Platform, import_clerk, until


def exporters(platform: Platform, way: str) -> tuple[SpanExporter, Any, Any]:
    """Spans, logs and metrics the way the SDK's own exporters send them, compressed."""
    if way == "grpc":
        more: dict[str, Any] = {
            "endpoint": platform.otlp_grpc,
            "insecure": True,
            "headers": platform.headers("shop"),
            "compression": GrpcCompression.Gzip,
        }
        return GrpcSpans(**more), GrpcLogs(**more), GrpcMetrics(**more)
    more = {"headers": platform.headers("shop"), "compression": Compression.Gzip}
    url = f"{platform.otlp_http}/v1"
    return (
        HttpSpans(f"{url}/traces", **more),
        HttpLogs(f"{url}/logs", **more),
        HttpMetrics(f"{url}/metrics", **more),
    )


@pytest.mark.parametrize("way", ["http", "grpc"])
def test_the_sdks_exporters_send_all_three_signals(
    platform: Platform, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    spans, logs, metrics = exporters(platform, way)
    resource = Resource({"service.name": "shop"})
    tracing = TracerProvider(resource=resource)
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    logging = LoggerProvider(resource=resource)
    logging.add_log_record_processor(SimpleLogRecordProcessor(logs))
    meters = MeterProvider([PeriodicExportingMetricReader(metrics)], resource=resource)

    tracer = tracing.get_tracer("mine")
    with tracer.start_as_current_span(f"root {way}", attributes={"way": way}) as root:
        with tracer.start_as_current_span("child"):
            pass
        judged = {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.label": "kind"}
        logging.get_logger("mine").emit(
            LogRecord(
                event_name="gen_ai.evaluation.result",
                severity_number=SeverityNumber.INFO,
                attributes=judged,
            )
        )
    meters.get_meter("mine").create_counter("calls").add(1)
    assert meters.force_flush()
    for provider in (tracing, logging, meters):
        provider.shutdown()

    found = platform.spans("shop", 2, name=f"root {way}")
    assert {one["name"] for one in found} == {f"root {way}", "child"}
    span_id = f"{root.get_span_context().span_id:016x}"

    def joined() -> bool:
        events = platform.get(f"/api/v1/spans/{span_id}", project="shop")["events"]
        return any(event["name"] == "gen_ai.evaluation.result" for event in events)

    until(joined)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.fixture
def instrumented(platform: Platform) -> Iterator[TracerProvider]:
    """A user's process: OpenInference's instrumentors over the SDK and OTLP."""
    resource = Resource({"openinference.project.name": "shop"})
    tracing = TracerProvider(resource=resource)
    tracing.add_span_processor(SimpleSpanProcessor(exporters(platform, "http")[0]))
    every = (OpenAIInstrumentor(), AnthropicInstrumentor(), LangChainInstrumentor())
    for one in every:
        one.instrument(tracer_provider=tracing)
    yield tracing
    for one in every:
        one.uninstrument()
    tracing.shutdown()


def test_openinference_instrumentors_need_no_change(
    platform: Platform, instrumented: TracerProvider
) -> None:
    used = Usage(input=1000, output=50, cache_read=600)
    asked = {"role": "user", "content": "where is order 7?"}
    with FakeProviders() as fake, instrumented.get_tracer("mine").start_as_current_span("turn"):
        fake.queue(
            Reply(tools=(ToolUse("find_order", {"id": 7}),), usage=used),
            Reply(text="it left yesterday", usage=used),
            Reply(text="it left", usage=used),
        )
        gpt = openai.OpenAI(base_url=fake.openai_url, api_key="test")
        gpt.chat.completions.create(model="gpt-4o-mini", messages=[asked])
        claude = anthropic.Anthropic(base_url=fake.anthropic_url, api_key="test")
        claude.messages.create(model="claude-sonnet-4-6", max_tokens=99, messages=[asked])
        chat = ChatAnthropic(model="claude-sonnet-4-6", base_url=fake.anthropic_url, api_key="test")
        chat.invoke("where is order 7?")

    spans = platform.spans("shop", 5, name="turn")
    calls = [one for one in spans if one["kind"] == "LLM"]
    assert {one["model"] for one in calls} == {"gpt-4o-mini", "claude-sonnet-4-6"}
    assert {one["provider"] for one in calls} == {"openai", "anthropic"}
    for call in calls:
        assert (call["tokens_input"], call["tokens_cache_read"], call["tokens_output"]) == (
            *(1000, 600),
            50,
        )
        assert "where is order 7?" in call["input"]
        assert call["cost_usd"] > 0
    assert any("it left yesterday" in (one["output"] or "") for one in calls)


def test_an_openfeature_provider_reads_parameters_as_flags(platform: Platform) -> None:
    import_clerk(platform)
    provider = OFREPProvider(platform.api, headers_factory=lambda: platform.headers("clerk"))
    context = EvaluationContext("user-1", {"agent": "clerk"})
    flag = provider.resolve_integer_details("parameters.threshold", 0, context)
    assert (flag.value, flag.flag_metadata["generation"]) == (7, 1)
    assert provider.resolve_string_details("clerk/prompts.system", "").value == "be kind\n"


README = (ROOT / "libs" / "sdk" / "README.md").read_text()


def test_the_sdks_ten_lines_work_as_printed(platform: Platform, tmp_path: Path) -> None:
    import_clerk(platform)
    printed = re.search(r"## Ten lines\n+```python\n(.*?)```", README, re.DOTALL)
    assert printed is not None
    mine = """
    requests = [{"id": f"r{number}", "amount": number} for number in range(3)]

    def my_agent(request, prompt, parameters):
        assert (prompt, parameters["threshold"]) == ("be kind\\n", 7)
        return {"request": request}, {"decision": "approve"}
    """
    code = printed[1].replace("procurement", "clerk")
    (tmp_path / "agent.py").write_text(textwrap.dedent(mine) + code)
    environment = {
        "PAWL_URL": platform.api,
        "PAWL_API_KEY": platform.secrets["clerk"],
        "PAWL_STATE_DIR": str(tmp_path / "state"),
        "PATH": "",
    }
    command = [sys.executable, "agent.py"]
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    runs = platform.spans("clerk", 3)
    assert {json.loads(one["input"])["id"] for one in runs} == {"r0", "r1", "r2"}
    pointer = platform.get("/api/v1/agents/clerk/channels/production")
    assert {one["config_digest"] for one in runs} == {pointer["digest"]}
    assert {one["agent"] for one in runs} == {"clerk"}
    assert json.loads(runs[0]["output"]) == {"decision": "approve"}
    instances = platform.get("/api/v1/agents/clerk/instances")["items"]
    assert [one["applied_digest"] for one in instances] == [pointer["digest"]]
