"""Every span of a run says which config it had; the root says what came in and went out."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from pawl_sdk import attributes
from pawl_sdk.config import ConfigClient
from pawl_sdk.tracing import agent_run
from pawl_sdk.tracing.setup import ConfigSpanProcessor, setup_tracing

from libs.contracts import attributes as contract
from libs.testkit.registry import FakeRegistry, bundle_of


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter) -> TracerProvider:
    made = TracerProvider()
    made.add_span_processor(ConfigSpanProcessor())
    made.add_span_processor(SimpleSpanProcessor(exporter))
    return made


@pytest.fixture
def config() -> Iterator[ConfigClient]:
    registry = FakeRegistry()
    registry.move(registry.release(bundle_of(1)), 4)
    with ConfigClient(agent="buyer", transport=registry.transport(), state_dir=None) as client:
        yield client
        registry.cut_streams()


def test_every_span_of_a_run_carries_digest_generation_and_session(
    config: ConfigClient, provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    tracer = provider.get_tracer("t")
    with (
        config.run("k") as snapshot,
        agent_run("buyer", {"n": 1}, session_id="s1", tracer=tracer) as run,
        tracer.start_as_current_span("tool"),
    ):
        run.facts({"request": {"n": 1}})
        run.fired("rule-7")
        run.output({"decision": "approve"})
    with tracer.start_as_current_span("outside"):
        pass
    tool, root, outside = exporter.get_finished_spans()
    for span in (tool, root):
        assert span.attributes is not None
        assert span.attributes["pawl.agent"] == "buyer"
        assert span.attributes["pawl.config.digest"] == snapshot.digest
        assert span.attributes["pawl.config.generation"] == 4
        assert span.attributes["session.id"] == "s1"
    assert root.attributes is not None
    assert root.attributes["openinference.span.kind"] == "AGENT"
    assert json.loads(str(root.attributes["input.value"])) == {"n": 1}
    assert json.loads(str(root.attributes["output.value"])) == {"decision": "approve"}
    assert json.loads(str(root.attributes["pawl.facts"])) == {"request": {"n": 1}}
    assert root.attributes["pawl.rules.fired"] == "rule-7"
    assert "pawl.config.digest" not in (outside.attributes or {})


def test_an_error_ends_the_run_as_an_error(
    provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    def fail() -> None:
        with agent_run("buyer", {}, tracer=provider.get_tracer("t")):
            raise ValueError("broken tool")

    with pytest.raises(ValueError, match="broken tool"):
        fail()
    (root,) = exporter.get_finished_spans()
    assert root.status.status_code.name == "ERROR"


def test_the_trace_id_is_there_to_be_handed_to_whoever_gives_feedback(
    provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    with agent_run("buyer", {}, tracer=provider.get_tracer("t")) as run:
        trace_id = run.trace_id
    context = exporter.get_finished_spans()[0].context
    assert context is not None
    assert trace_id == f"{context.trace_id:032x}"


def test_a_run_that_is_not_sampled_has_no_trace_id() -> None:
    tracer = TracerProvider(sampler=ALWAYS_OFF).get_tracer("t")
    with agent_run("buyer", {}, tracer=tracer) as run:
        assert run.trace_id is None


def test_without_opentelemetry_setup_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from pawl_sdk import agent_run\n"
        "with agent_run('buyer', {}): pass\n"
        "from pawl_sdk import setup_tracing\n"
    )
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert "ImportError: setup_tracing needs pip install 'pawl-sdk[otel]'" in ended.stderr


def test_setup_names_the_project_and_completes_the_endpoint() -> None:
    made = setup_tracing("shop", "http://127.0.0.1:1/", api_key="k", make_global=False)
    assert made.resource.attributes["openinference.project.name"] == "shop"
    made.shutdown()


def test_attribute_names_are_those_of_the_platform() -> None:
    for name in ("AGENT", "CONFIG_DIGEST", "CONFIG_GENERATION", "FACTS", "RULES_FIRED"):
        assert getattr(attributes, name) == getattr(contract, name)
