"""Instrumented calls to fake providers, as rows."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.testkit.fake_providers import FakeProviders
from libs.testkit.otlp import described, export_request, span_of
from services.traces.domain.normalise import normalise
from services.traces.domain.span import SpanRow


class Traced:
    """A tracer provider whose spans come back through OTLP and the normaliser."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.processor = SimpleSpanProcessor(self._exporter)
        self.provider.add_span_processor(self.processor)

    def rows(self) -> list[SpanRow]:
        """Finished spans in the order in which they ended."""
        return normalise(encode_spans(self._exporter.get_finished_spans()))

    def only(self, **wanted: str) -> SpanRow:
        """The one row with these column values."""
        fits = [r for r in self.rows() if all(getattr(r, k) == v for k, v in wanted.items())]
        assert len(fits) == 1, [(r.name, r.kind) for r in self.rows()]
        return fits[0]


class Instrumentor(Protocol):
    def instrument(self, **kwargs: Any) -> None: ...

    def uninstrument(self, **kwargs: Any) -> None: ...


@pytest.fixture
def fake() -> Iterator[FakeProviders]:
    with FakeProviders() as running:
        yield running


@pytest.fixture
def traced() -> Traced:
    return Traced()


@pytest.fixture
def instrument(traced: Traced) -> Iterator[Callable[[Instrumentor], None]]:
    """Switch an instrumentor on until the end of the test."""
    on: list[Instrumentor] = []

    def switch_on(instrumentor: Instrumentor) -> None:
        instrumentor.instrument(tracer_provider=traced.provider)
        on.append(instrumentor)

    yield switch_on
    for instrumentor in on:
        instrumentor.uninstrument()


@pytest.fixture
def row_of() -> Callable[[Mapping[str, object]], SpanRow]:
    """The row of a span with these attributes."""

    def make(attributes: Mapping[str, object]) -> SpanRow:
        (row,) = normalise(export_request(described(span_of(1, 1), attributes)))
        return row

    return make
