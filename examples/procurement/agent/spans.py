"""The spans of one run, with OpenInference attributes. A replay runs the same code unrecorded."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from langchain_core.messages import AIMessage
from openinference.semconv.trace import SpanAttributes
from opentelemetry.context import Context
from opentelemetry.trace import NoOpTracer, Span, Status, StatusCode, Tracer, set_span_in_context

from examples.procurement.agent import messages
from examples.procurement.agent.reasoner import Turn

KIND = SpanAttributes.OPENINFERENCE_SPAN_KIND
_JSON = "application/json"


def as_json(value: Any) -> str:
    """The same value gives the same text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


class Step:
    """One open span, told in the words of the graph."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def output(self, value: Any) -> str:
        """Record and return the value as JSON text."""
        text = as_json(value)
        self._span.set_attribute(SpanAttributes.OUTPUT_VALUE, text)
        self._span.set_attribute(SpanAttributes.OUTPUT_MIME_TYPE, _JSON)
        self._span.set_status(Status(StatusCode.OK))
        return text

    def failed(self, message: str) -> str:
        """Record and return what went wrong."""
        self._span.set_status(Status(StatusCode.ERROR, message))
        self._span.set_attribute(SpanAttributes.OUTPUT_VALUE, message)
        return message

    def replied(self, reply: AIMessage) -> None:
        """A reasoner's turn is over."""
        if self._span.is_recording():
            self._span.set_attributes(messages.replied(reply))
            self.output([{"name": call["name"], "args": call["args"]} for call in reply.tool_calls])

    def set(self, attributes: Mapping[str, Any]) -> None:
        self._span.set_attributes(dict(attributes))


class RunSpans:
    """Opens the spans of one run under its root; `common` goes on every one of them."""

    def __init__(self, tracer: Tracer, common: Mapping[str, Any]) -> None:
        self._tracer = tracer
        self._common = dict(common)
        self._parent = Context()
        self._rooted = False

    @staticmethod
    def unrecorded() -> "RunSpans":
        """For replays: nothing is exported."""
        return RunSpans(NoOpTracer(), {})

    @contextmanager
    def root(self, name: str, request: Mapping[str, Any]) -> Iterator[Step]:
        """The AGENT span that holds the run."""
        with self._open(name, "AGENT", {SpanAttributes.AGENT_NAME: name}, request) as step:
            yield step

    @contextmanager
    def reasoning(self, kind: str, turn: Turn) -> Iterator[Step]:
        """One turn of the reasoner: LLM when a model is asked, CHAIN when none is."""
        extra = messages.asked(turn.config.prompt, turn.messages) if kind == "LLM" else {}
        seen = {"request": dict(turn.request), "results": dict(turn.results)}
        with self._open("reason", kind, extra, seen) as step:
            yield step

    @contextmanager
    def tool(self, name: str, arguments: Mapping[str, Any]) -> Iterator[Step]:
        extra = {SpanAttributes.TOOL_NAME: name, SpanAttributes.TOOL_PARAMETERS: as_json(arguments)}
        with self._open(name, "TOOL", extra, arguments) as step:
            yield step

    @contextmanager
    def rules(self, draft: Mapping[str, Any]) -> Iterator[Step]:
        with self._open("rules", "CHAIN", {}, draft) as step:
            yield step

    @contextmanager
    def _open(
        self, name: str, kind: str, extra: Mapping[str, Any], value: Mapping[str, Any]
    ) -> Iterator[Step]:
        outer = self._parent
        with self._tracer.start_as_current_span(name, context=outer) as span:
            if span.is_recording():
                span.set_attributes({**self._common, KIND: kind, **extra})
                span.set_attribute(SpanAttributes.INPUT_VALUE, as_json(value))
                span.set_attribute(SpanAttributes.INPUT_MIME_TYPE, _JSON)
            if not self._rooted:
                self._parent, self._rooted = set_span_in_context(span, outer), True
            yield Step(span)
