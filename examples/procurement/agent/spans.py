"""The spans inside a run, with OpenInference attributes. In a replay the same code records nothing.

The root span and Pawl's own attributes come from `pawl_sdk.tracing`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from langchain_core.messages import AIMessage
from openinference.semconv.trace import SpanAttributes
from opentelemetry.trace import Span, Status, StatusCode, Tracer

from examples.procurement.agent import messages
from examples.procurement.agent.reasoner import Turn
from examples.procurement.agent.text import as_json

KIND = SpanAttributes.OPENINFERENCE_SPAN_KIND
_JSON = "application/json"


class Step:
    """One open span, told in the words of the graph."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def output(self, value: Any) -> None:
        if self._span.is_recording():
            self._span.set_attribute(SpanAttributes.OUTPUT_VALUE, as_json(value))
            self._span.set_attribute(SpanAttributes.OUTPUT_MIME_TYPE, _JSON)
            self._span.set_status(Status(StatusCode.OK))

    def failed(self, message: str) -> None:
        self._span.set_status(Status(StatusCode.ERROR, message))
        self._span.set_attribute(SpanAttributes.OUTPUT_VALUE, message)

    def replied(self, reply: AIMessage) -> None:
        """A reasoner's turn is over."""
        if self._span.is_recording():
            self._span.set_attributes(messages.replied(reply))
            self.output([{"name": call["name"], "args": call["args"]} for call in reply.tool_calls])


class RunSpans:
    """Opens spans under the one that is current."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def reasoning(self, kind: str, turn: Turn) -> Iterator[Step]:
        """One turn of the reasoner: LLM when a model is asked, CHAIN when none is."""
        with self._tracer.start_as_current_span("reason") as span:
            if span.is_recording():
                extra = messages.asked(turn.config.prompt, turn.messages) if kind == "LLM" else {}
                seen = {"request": dict(turn.request), "results": dict(turn.results)}
                _begin(span, kind, seen, extra)
            yield Step(span)

    @contextmanager
    def tool(self, name: str, arguments: Mapping[str, Any]) -> Iterator[Step]:
        with self._tracer.start_as_current_span(name) as span:
            if span.is_recording():
                parameters = as_json(dict(arguments))
                extra = {
                    SpanAttributes.TOOL_NAME: name,
                    SpanAttributes.TOOL_PARAMETERS: parameters,
                }
                _begin(span, "TOOL", arguments, extra)
            yield Step(span)

    @contextmanager
    def rules(self, facts: Mapping[str, Any]) -> Iterator[Step]:
        with self._tracer.start_as_current_span("rules") as span:
            if span.is_recording():
                _begin(span, "CHAIN", facts, {})
            yield Step(span)


def _begin(span: Span, kind: str, value: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
    span.set_attributes(
        {
            KIND: kind,
            SpanAttributes.INPUT_VALUE: as_json(value),
            SpanAttributes.INPUT_MIME_TYPE: _JSON,
            **extra,
        }
    )
