"""Whatever an agent hands to `agent_run`, and wherever its run ends, the agent goes on."""

import json
from collections.abc import Callable, Generator
from contextvars import copy_context
from datetime import date
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pawl_sdk.current import CURRENT_SESSION
from pawl_sdk.tracing import agent_run


class Wordless:
    """Cannot say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


def cycle() -> Any:
    made: dict[str, Any] = {}
    made["me"] = made
    return made


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(exporter: InMemorySpanExporter) -> Any:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider.get_tracer("t")


def only_span(exporter: InMemorySpanExporter) -> dict[str, Any]:
    (span,) = exporter.get_finished_spans()
    return dict(span.attributes or {})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: {date(2026, 1, 1): 1}, "2026"),
        (lambda: {("a", "b"): 1}, "('a', 'b')"),
        (cycle, "{'me': {...}}"),
        (Wordless, "Wordless that has no text"),
    ],
)
def test_what_json_cannot_say_is_recorded_as_text(
    tracer: Any, exporter: InMemorySpanExporter, make: Callable[[], Any], words: str
) -> None:
    with agent_run("buyer", make(), tracer=tracer) as run:
        run.output(make())
    span = only_span(exporter)
    assert words in json.loads(span["input.value"])
    assert words in json.loads(span["output.value"])


def test_facts_that_are_no_object_are_not_recorded(
    tracer: Any, exporter: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    with agent_run("buyer", {}, tracer=tracer) as run:
        run.facts(cycle())
    assert "pawl.facts" not in only_span(exporter)
    assert "facts not recorded" in caplog.text


def test_text_that_was_cut_within_a_character_keeps_its_attribute(
    tracer: Any, exporter: InMemorySpanExporter
) -> None:
    with agent_run("buyer", {"item": "desk \ud83d"}, tracer=tracer):
        pass
    assert only_span(exporter)["input.value"].encode() == b'{"item": "desk ?"}'


def test_a_generator_that_is_closed_in_another_context_ends_its_run(
    exporter: InMemorySpanExporter, tracer: Any
) -> None:
    def streamed() -> Generator[str, None, None]:
        with agent_run("chat", {}, session_id="s1", tracer=tracer):
            yield "hello"

    words = streamed()
    assert copy_context().run(next, words) == "hello"
    copy_context().run(words.close)
    assert only_span(exporter)["input.value"] == "{}"
    assert CURRENT_SESSION.get() is None
