"""Walks a decoded request and edits its texts in place."""

from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from libs.contracts.attributes import LOG_EVENT
from services.ingest.domain.projects import PROJECT_ATTRIBUTE
from services.ingest.domain.redaction.rules import Action, Compiled, RedactionRules, compile_rules

KEPT_KEYS = frozenset({PROJECT_ATTRIBUTE, LOG_EVENT})
"""Names that decide where a span goes, not what it says."""


class Redactor:
    """Applies one set of rules to requests; usable from several threads."""

    def __init__(self, rules: RedactionRules) -> None:
        self._rules = compile_rules(rules)

    def __call__(self, request: ExportTraceServiceRequest) -> bool:
        """Edit in place; True when something changed."""
        return _Pass(self._rules).over(request)


class _Pass:
    """One walk over one request."""

    def __init__(self, rules: Compiled) -> None:
        self._rules = rules
        self._changed = False

    def over(self, request: ExportTraceServiceRequest) -> bool:
        for group in request.resource_spans:
            self._attributes(group.resource.attributes)
            for scoped in group.scope_spans:
                if scoped.scope.attributes:
                    self._attributes(scoped.scope.attributes)
                for span in scoped.spans:
                    self._span(span)
        return self._changed

    def _span(self, span: Span) -> None:
        self._field(span, "name")
        if span.status.message:
            self._field(span.status, "message")
        self._attributes(span.attributes)
        for event in span.events:
            self._field(event, "name")
            self._attributes(event.attributes)
        for link in span.links:
            self._attributes(link.attributes)

    def _attributes(self, pairs: Any) -> None:
        doomed = False
        for pair in pairs:
            if pair.key in KEPT_KEYS:
                continue
            action = self._rules.action_for(pair.key)
            if action == "remove":
                doomed = True
            elif action is not None:
                self._replace(pair.value, action)
            else:
                self._value(pair.value)
        if doomed:  # written anew in one go: removing one by one would be quadratic
            kept = [pair for pair in pairs if not self._is_removed(pair.key)]
            del pairs[:]
            pairs.extend(kept)
            self._changed = True

    def _is_removed(self, key: str) -> bool:
        return key not in KEPT_KEYS and self._rules.action_for(key) == "remove"

    def _replace(self, value: AnyValue, action: Action) -> None:
        text = "[redacted]"
        if action == "hash":
            plain = value.string_value.encode() if value.HasField("string_value") else None
            text = self._rules.hashed(value.SerializeToString() if plain is None else plain)
        value.string_value = text
        self._changed = True

    def _value(self, value: AnyValue) -> None:
        kind = value.WhichOneof("value")
        if kind == "string_value":
            self._field(value, "string_value")
        elif kind == "array_value":
            for item in value.array_value.values:
                self._value(item)
        elif kind == "kvlist_value":
            self._attributes(value.kvlist_value.values)

    def _field(self, message: Any, name: str) -> None:
        before = getattr(message, name)
        if (after := self._rules.text(before)) != before:
            setattr(message, name, after)
            self._changed = True
