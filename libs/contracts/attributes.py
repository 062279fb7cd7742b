"""Span attributes that Pawl itself gives a meaning to."""

AGENT = "pawl.agent"
CONFIG_DIGEST = "pawl.config.digest"
CONFIG_GENERATION = "pawl.config.generation"
FACTS = "pawl.facts"
"""JSON object: exactly what a rule's `when` could read in this run."""
RULES_FIRED = "pawl.rules.fired"
REPLAY = "pawl.replay"

LOG_EVENT = "pawl.log.event"
"""True on a span in `otlp_spans` that is no span: it carries log events (OTLP logs) for the span
that has the same ids, sent before or after it. Its `events` hold one event per log record, with
the record's event name, time and attributes; name, kind, status and parent say nothing, start and
end are the event's time. `span_id` is absent when the record named a trace only: then the events
belong to the trace's root. Readers join the events to that span and show no span for it."""
LOG_BODY = "pawl.log.body"
"""On such an event: the body of the log record, as it came."""
LOG_SEVERITY = "pawl.log.severity"
"""On such an event: the severity number of the log record, when it had one."""
