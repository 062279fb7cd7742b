"""The root span of one run of an agent. Works without OpenTelemetry too: then nothing is traced."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

from pawl_sdk import attributes
from pawl_sdk.current import CURRENT_SESSION, REPLAY

try:
    from opentelemetry import trace
except ImportError:  # the extra `otel` is not installed
    trace = None  # type: ignore[assignment]


class AgentRun:
    """What a run says of itself; in a replay the same calls feed the replay's answer."""

    def __init__(self, span: Any) -> None:
        self._span = span

    def facts(self, facts: Mapping[str, Any]) -> None:
        """Exactly what the rules could read."""
        self._set(attributes.FACTS, as_json(facts))
        if (record := REPLAY.get()) is not None:
            record.facts = json.loads(as_json(facts))

    def fired(self, rule_id: str | None) -> None:
        """The rule that changed the answer, if one did."""
        if rule_id is not None:
            self._set(attributes.RULES_FIRED, rule_id)

    def output(self, answer: Any) -> None:
        """The final answer."""
        self._set(attributes.OUTPUT, as_json(answer))
        self._set(attributes.OUTPUT_TYPE, attributes.JSON_TYPE)

    def count(self, *, tokens: int = 0, tool_calls: int = 0) -> None:
        """Add to the run's cost, for replays to compare."""
        if (record := REPLAY.get()) is not None:
            record.tokens += tokens
            record.tool_calls += tool_calls

    @property
    def trace_id(self) -> str | None:
        """32 hex digits, to hand to whoever gives feedback; None when the run is not traced."""
        found = self._span.get_span_context().trace_id if self._span is not None else 0
        return f"{found:032x}" if found else None

    def _set(self, name: str, value: str) -> None:
        if self._span is not None:
            self._span.set_attribute(name, value)


@contextmanager
def agent_run(
    name: str,
    input: Any,
    *,
    session_id: str | None = None,
    user_id: str | None = None,
    tracer: Any = None,
) -> Iterator[AgentRun]:
    """Open the root AGENT span with the input; enter it inside `config.run`."""
    started = {
        attributes.SPAN_KIND: "AGENT",
        attributes.INPUT: as_json(input),
        attributes.INPUT_TYPE: attributes.JSON_TYPE,
    } | ({attributes.USER: user_id} if user_id else {})
    token = CURRENT_SESSION.set(session_id or CURRENT_SESSION.get())
    try:
        with _span(name, started, tracer) as span:
            yield AgentRun(span)
    finally:
        CURRENT_SESSION.reset(token)


def _span(name: str, started: Mapping[str, str], tracer: Any) -> Any:
    if tracer is None:
        if trace is None:
            return nullcontext(None)
        tracer = trace.get_tracer("pawl_sdk")
    return tracer.start_as_current_span(name, attributes=started)


def as_json(value: Any) -> str:
    """JSON text; what JSON does not know is written as text."""
    return json.dumps(value, ensure_ascii=False, default=str)
