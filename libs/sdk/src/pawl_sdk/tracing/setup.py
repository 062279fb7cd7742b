"""The standard OpenTelemetry SDK, pointed at Pawl. Needs `pip install pawl-sdk[otel]`."""

from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

from pawl_sdk import attributes
from pawl_sdk.current import CURRENT_RUN, CURRENT_SESSION

TRACES_PATH = "/v1/traces"


class ConfigSpanProcessor(SpanProcessor):
    """Stamps config digest, generation, agent and session on every span that starts in a run."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        run = CURRENT_RUN.get()
        if run is not None:
            span.set_attribute(attributes.AGENT, run.agent)
            span.set_attribute(attributes.CONFIG_DIGEST, run.digest)
            span.set_attribute(attributes.CONFIG_GENERATION, run.generation)
        session = CURRENT_SESSION.get()
        if session is not None:
            span.set_attribute(attributes.SESSION, session)


def setup_tracing(
    project: str,
    endpoint: str = "http://127.0.0.1:4318",
    *,
    api_key: str | None = None,
    resource: Mapping[str, str] | None = None,
    batch: bool = True,
    make_global: bool = True,
) -> TracerProvider:
    """A tracer provider that exports over OTLP/HTTP; call `shutdown()` on it to flush at the end.

    `endpoint` is the base URL or the full traces URL. `batch=False` exports each span as it ends.
    """
    url = endpoint.rstrip("/")
    url = url if url.endswith(TRACES_PATH) else url + TRACES_PATH
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else None
    exporter = OTLPSpanExporter(endpoint=url, headers=headers)
    named = {attributes.PROJECT: project, SERVICE_NAME: project, **(resource or {})}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(ConfigSpanProcessor())
    provider.add_span_processor(
        BatchSpanProcessor(exporter, schedule_delay_millis=500)
        if batch
        else SimpleSpanProcessor(exporter)
    )
    if make_global:
        trace.set_tracer_provider(provider)
    return provider
