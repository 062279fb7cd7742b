"""Span attributes that Pawl itself gives a meaning to."""

AGENT = "pawl.agent"
CONFIG_DIGEST = "pawl.config.digest"
CONFIG_GENERATION = "pawl.config.generation"
FACTS = "pawl.facts"
"""JSON object: exactly what a rule's `when` could read in this run."""
RULES_FIRED = "pawl.rules.fired"
REPLAY = "pawl.replay"

LOG_EVENT = "pawl.log.event"
"""On a span in `otlp_spans` that is no span but carries log events (OTLP logs) of another one.

"span": the events belong to the span with the same trace and span id, sent before or after it.
"trace": the log record named a trace only; its span id names nothing, the events belong to the
root of the trace. `events` holds one event per log record, with the record's event name, time and
attributes; all else in the carrier says nothing. Readers join the events, equal ones once since a
sender may repeat itself, and show no span for the carrier.
"""
LOG_BODY = "pawl.log.body"
"""On such an event: the body of the log record, as it came."""
LOG_SEVERITY = "pawl.log.severity"
"""On such an event: the severity number of the log record, when it had one."""
