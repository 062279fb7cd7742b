"""Pawl's own spans: one distributed trace runs from the door to the release.

It runs through headers, and through `libs/storage/causes.py` where work waits in a table between
two events. What Pawl does for its own telemetry, and what a timer does without a cause, is not
sampled: otherwise storing a span of Pawl would make the next one, and tracing would never end.
"""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract, inject
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from libs.eventlog import Record
from libs.runtime.settings import RuntimeSettings

PARENT = "traceparent"
UNSAMPLED = f"00-{1:032x}-{1:016x}-00"
"""The parent of what shall leave no spans."""
PROJECT = "pawl"
ODD_DIGITS = frozenset("13579bdf")
"""What the flags of a sampled `traceparent` end with."""
SPANS_MAX = 32
"""Made for one delivery; further traces in it are passed on without a span."""
EXPORT_SECONDS_MAX = 5.0
QUIET_PATHS = ("/healthz", "/readyz", "/metrics")


def _is_probe(scope: MutableMapping[str, Any]) -> bool:
    return str(scope["path"]).startswith(QUIET_PATHS)


HTTP: TelemetryConfig = {
    "exclude": _is_probe,
    "operation_spans": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}
"""Spans of requests, by FastAPI, where there is somewhere to send them."""
_NOTHING: Mapping[str, str] = MappingProxyType({})
_CAUSES: ContextVar[Mapping[str, str]] = ContextVar("causes", default=_NOTHING)


def configure_tracing(settings: RuntimeSettings, service: str) -> None:
    """Export Pawl's own spans over OTLP/HTTP; without an endpoint contexts are passed on only."""
    if not settings.trace_endpoint:
        return
    resource = Resource.create({"service.name": service, "openinference.project.name": PROJECT})
    # Parent-based, always: what is not sampled must stay so.
    sampler = ParentBased(TraceIdRatioBased(settings.trace_rate))
    provider = TracerProvider(sampler=sampler, resource=resource)
    headers = {PARENT: UNSAMPLED}
    if settings.internal_key:
        headers["authorization"] = f"Bearer {settings.internal_key}"
    address = f"{settings.trace_endpoint.rstrip('/')}/v1/traces"
    exporter = OTLPSpanExporter(address, headers=headers, timeout=EXPORT_SECONDS_MAX)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def exports() -> bool:
    """Whether anybody, `configure_tracing` or a test, has set up where spans go."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def current_cause(context: Context | None = None) -> str:
    """The `traceparent` of what runs now, or of the context, or nothing."""
    carrier: dict[str, str] = {}
    inject(carrier, context=context)
    return carrier.get(PARENT, "")


def is_sampled(cause: str) -> bool:
    """Whether spans under it are kept."""
    return cause[-1:] in ODD_DIGITS


@contextmanager
def continuing(
    cause: str, name: str, kind: trace.SpanKind = trace.SpanKind.INTERNAL
) -> Iterator[None]:
    """A span under what caused this work, perhaps long ago, linked to what runs now."""
    if not is_sampled(cause):
        yield
        return
    now = trace.get_current_span().get_span_context()
    links = [trace.Link(now)] if now.is_valid else []
    context = extract({PARENT: cause})
    with _tracer(name).start_as_current_span(name, context=context, kind=kind, links=links):
        yield


@contextmanager
def continuing_each(
    causes: Iterable[str], name: str, kind: trace.SpanKind = trace.SpanKind.INTERNAL
) -> Iterator[None]:
    """One piece of work for many causes: a span under each; `continued` names them."""
    parents = list(dict.fromkeys(cause for cause in causes if is_sampled(cause)))[:SPANS_MAX]
    if not parents:
        yield
        return
    tracer = _tracer(name)
    spans = [
        tracer.start_span(name, context=extract({PARENT: parent}), kind=kind) for parent in parents
    ]
    own = [current_cause(trace.set_span_in_context(span)) for span in spans]
    token = _CAUSES.set(dict(zip(parents, own, strict=True)))
    try:
        with trace.use_span(spans[0]):
            yield
    finally:
        _CAUSES.reset(token)
        for span in spans:
            span.end()


def continued(cause: str) -> str:
    """What is published for this cause has this one as its own."""
    return _CAUSES.get().get(cause, cause)


def cause_of(record: Record) -> str:
    """The cause of what is published for a record of a batch."""
    return continued(record.headers.get(PARENT, ""))


def _tracer(name: str) -> trace.Tracer:
    """Names of spans begin with their service."""
    return trace.get_tracer(f"pawl.{name.partition(' ')[0]}")


class HandlerTracer:
    """Spans around handlers of one topic."""

    def __init__(self, service: str, topic: str) -> None:
        self._name = f"{service} handle {topic}"

    @contextmanager
    def event(self, record: Record) -> Iterator[None]:
        """A child of the span in which the event was published."""
        with continuing(record.headers.get(PARENT, ""), self._name, trace.SpanKind.CONSUMER):
            yield

    @contextmanager
    def batch(self, records: Sequence[Record]) -> Iterator[None]:
        """A child of each span in which some of its records were published."""
        causes = (record.headers.get(PARENT, "") for record in records)
        with continuing_each(causes, self._name, trace.SpanKind.CONSUMER):
            yield


@contextmanager
def serving(service: str, name: str, carrier: Mapping[str, str]) -> Iterator[None]:
    """The caller's trace goes on in what a call does; a call from outside may begin one.

    For what is not HTTP: there FastAPI does the same, as `HTTP` tells it to.
    """
    if not exports():
        yield
        return
    tracer, kind = _tracer(service), trace.SpanKind.SERVER
    with tracer.start_as_current_span(name, context=extract(carrier), kind=kind):
        yield
