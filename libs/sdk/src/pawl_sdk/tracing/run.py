"""The root span of one run of an agent. Works without OpenTelemetry too: then nothing is traced."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from pawl_sdk import attributes
from pawl_sdk.bundle.recorded import as_json, read_back
from pawl_sdk.current import CURRENT_SESSION, REPLAY

try:
    from opentelemetry import trace
except ImportError:  # the extra `otel` is not installed
    trace = None  # type: ignore[assignment]

_log = logging.getLogger("pawl_sdk.tracing")


class AgentRun:
    """What a run says of itself; in a replay the same calls feed the replay's answer."""

    def __init__(self, span: Any) -> None:
        self._span = span

    def facts(self, facts: Mapping[str, Any]) -> None:
        """Exactly what the rules could read: nothing, where the facts are no JSON object."""
        text = as_json(facts)
        recorded = read_back(text)
        if recorded is None:
            _log.warning("facts not recorded: expected JSON values under text keys, without cycles")
            return
        self._set(attributes.FACTS, text)
        if (record := REPLAY.get()) is not None:
            record.facts = recorded

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
        context = self._span.get_span_context() if self._span is not None else None
        return f"{context.trace_id:032x}" if context and context.trace_flags.sampled else None

    def _set(self, name: str, value: str) -> None:
        if self._span is not None:
            self._span.set_attribute(name, attributes.shortened(value))


@contextmanager
def agent_run(
    name: str,
    input: Any,
    *,
    session_id: str | None = None,
    user_id: str | None = None,
    tracer: Any = None,
) -> Iterator[AgentRun]:
    """Open the root AGENT span with the input; enter it inside `config.run`.

    A replay opens none: a sampler that does not ask the parent would record it.
    """
    started = {
        attributes.SPAN_KIND: "AGENT",
        attributes.INPUT: attributes.shortened(as_json(input)),
        attributes.INPUT_TYPE: attributes.JSON_TYPE,
    } | ({attributes.USER: user_id} if user_id else {})
    token = CURRENT_SESSION.set(session_id or CURRENT_SESSION.get())
    try:
        with _span(name, started, tracer) as span:
            yield AgentRun(span)
    finally:
        with suppress(ValueError):  # a generator may end in another context than it began in
            CURRENT_SESSION.reset(token)


def _span(name: str, started: Mapping[str, str], tracer: Any) -> Any:
    if REPLAY.get() is not None or (tracer is None and trace is None):
        return nullcontext(None)
    tracer = tracer or trace.get_tracer("pawl_sdk")
    return tracer.start_as_current_span(name, attributes=started)
