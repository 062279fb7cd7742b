"""The standard OpenTelemetry SDK, exporting over OTLP/HTTP."""

import os

from openinference.semconv.resource import ResourceAttributes
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from pawl_sdk.tracing.setup import ConfigSpanProcessor

from examples.procurement.agent.ids import RunIdGenerator

EXPORT_EVERY_MS = 200
QUEUE_SPANS_MAX = 65_536
BATCH_SPANS_MAX = 256


def tracer_provider(project: str, exporter: SpanExporter) -> TracerProvider:
    """Spans of `project`; call `shutdown` at the end so that the last batch is sent."""
    resource = Resource.create({ResourceAttributes.PROJECT_NAME: project, SERVICE_NAME: project})
    provider = TracerProvider(
        resource=resource, id_generator=RunIdGenerator(), shutdown_on_exit=False
    )
    provider.add_span_processor(ConfigSpanProcessor())
    provider.add_span_processor(
        BatchSpanProcessor(
            exporter,
            max_queue_size=QUEUE_SPANS_MAX,
            schedule_delay_millis=EXPORT_EVERY_MS,
            max_export_batch_size=BATCH_SPANS_MAX,
        )
    )
    return provider


def otlp_exporter(otlp_url: str) -> SpanExporter:
    """`otlp_url` is the base, e.g. http://127.0.0.1:4318; the key comes from PAWL_API_KEY."""
    key = os.environ.get("PAWL_API_KEY")
    headers = {"Authorization": f"Bearer {key}"} if key else None
    return OTLPSpanExporter(endpoint=f"{otlp_url.rstrip('/')}/v1/traces", headers=headers)
