"""The standard OpenTelemetry SDK, pointed at Pawl. Needs `pip install pawl-sdk[otel]`."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.environment_variables import OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import Span, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler, SamplingResult

from pawl_sdk import attributes
from pawl_sdk.current import CURRENT_RUN, CURRENT_SESSION, REPLAY
from pawl_sdk.tracing.parts import ExporterInParts

TRACES_PATH = "/v1/traces"
DEFAULT_ENDPOINT = "http://127.0.0.1:4318"
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT", "PAWL_URL")
HEADERS = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")


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


class NotInReplays(Sampler):
    """Another sampler, but for replays: they are dropped whatever that sampler asks."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler

    def should_sample(self, *about: Any, **more: Any) -> SamplingResult:
        """Decide as the other sampler does."""
        sampler = self._sampler if REPLAY.get() is None else ALWAYS_OFF
        return sampler.should_sample(*about, **more)

    def get_description(self) -> str:
        """For logs."""
        return f"NotInReplays{{{self._sampler.get_description()}}}"


def setup_tracing(
    project: str,
    endpoint: str | None = None,
    *,
    api_key: str | None = None,
    resource: Mapping[str, str] | None = None,
    batch: bool = True,
    make_global: bool = True,
) -> TracerProvider:
    """A tracer provider that exports over OTLP/HTTP; call `shutdown()` on it to flush at the end.

    `endpoint` is the base URL or the full traces URL; by default what OpenTelemetry's variables
    say, else `PAWL_URL`, whose address takes spans too, else http://127.0.0.1:4318. The key is by
    default `PAWL_API_KEY`, unless OpenTelemetry's variables give headers.
    `batch=False` exports each span as it ends. A text in an attribute is cut at 1,000,000
    characters, or where OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT says.
    """
    url = (endpoint or _first_of(ENDPOINTS) or DEFAULT_ENDPOINT).rstrip("/")
    url = url if url.endswith(TRACES_PATH) else url + TRACES_PATH
    exporter = ExporterInParts(endpoint=url, headers=_headers(api_key))
    named = {attributes.PROJECT: project, SERVICE_NAME: project, **(resource or {})}
    provider = TracerProvider(resource=Resource.create(named), span_limits=_span_limits())
    provider.sampler = NotInReplays(provider.sampler)  # around what OTEL_TRACES_SAMPLER says
    provider.add_span_processor(ConfigSpanProcessor())
    provider.add_span_processor(
        BatchSpanProcessor(exporter, schedule_delay_millis=500)
        if batch
        else SimpleSpanProcessor(exporter)
    )
    if make_global:
        trace.set_tracer_provider(provider)
    return provider


def _span_limits() -> SpanLimits:
    is_chosen = os.environ.get(OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT)
    return SpanLimits(max_attribute_length=None if is_chosen else attributes.VALUE_CHARS_MAX)


def _first_of(names: Sequence[str]) -> str | None:
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def _headers(api_key: str | None) -> dict[str, str] | None:
    """None leaves it to the exporter, which reads OpenTelemetry's variables."""
    if api_key is None and _first_of(HEADERS) is None:
        api_key = os.environ.get("PAWL_API_KEY")
    return {"Authorization": f"Bearer {api_key}"} if api_key else None
