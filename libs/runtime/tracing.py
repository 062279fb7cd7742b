"""Pawl's own spans: one distributed trace runs from the door, through headers, to the release."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from starlette.types import ASGIApp, Receive, Scope, Send

from libs.eventlog import Record

LINKS_MAX = 32
QUIET_PATHS = ("/healthz", "/readyz", "/metrics", "/v1/")
"""Probes, and the door itself: tracing the door into the door would never end."""


def configure_tracing(endpoint: str, service: str) -> None:
    """Export Pawl's own spans over OTLP/HTTP; without an endpoint contexts are passed on only."""
    if not endpoint:
        return
    provider = TracerProvider(resource=Resource.create({"service.name": f"pawl.{service}"}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


class HandlerTracer:
    """Spans around handlers of one topic."""

    def __init__(self, service: str, topic: str) -> None:
        self._tracer = trace.get_tracer(f"pawl.{service}")
        self._name = f"{service} handle {topic}"

    @contextmanager
    def event(self, record: Record) -> Iterator[None]:
        """A child of the span in which the event was published."""
        if "traceparent" not in record.headers and not _exports():
            yield  # nothing to pass on, nobody to tell: this runs for every event
            return
        parent = extract(dict(record.headers))
        kind = trace.SpanKind.CONSUMER
        with self._tracer.start_as_current_span(self._name, context=parent, kind=kind):
            yield

    @contextmanager
    def batch(self, records: Sequence[Record]) -> Iterator[None]:
        """Linked to the spans in which its records were published."""
        contexts = {
            record.headers["traceparent"]: trace.get_current_span(
                extract(dict(record.headers))
            ).get_span_context()
            for record in records[:LINKS_MAX]
            if "traceparent" in record.headers
        }
        links = [trace.Link(one) for one in contexts.values()]
        kind = trace.SpanKind.CONSUMER
        with self._tracer.start_as_current_span(self._name, links=links, kind=kind):
            yield


def _exports() -> bool:
    """Whether anybody, `configure_tracing` or a test, has set up where spans go."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


class TraceContextMiddleware:
    """Continues the caller's trace in a request's handler."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._tracer = trace.get_tracer(f"pawl.{service}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(QUIET_PATHS):
            await self._app(scope, receive, send)
            return
        carrier = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        name = f"{scope['method']} {scope['path']}"
        kind = trace.SpanKind.SERVER
        with self._tracer.start_as_current_span(name, context=extract(carrier), kind=kind):
            await self._app(scope, receive, send)
