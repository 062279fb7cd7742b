"""Spans over HTTP with protobuf: what is answered 200 stands in the log, split by trace."""

import asyncio
from typing import TYPE_CHECKING

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult

from libs.testkit.otlp import export_request, span_of

if TYPE_CHECKING:
    from tests.services.ingest.conftest import Opened

PROTOBUF = {"content-type": "application/x-protobuf"}


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
async def test_the_standard_sdk_exporter_is_served(
    door: "Opened", compression: Compression
) -> None:
    results: list[SpanExportResult] = []

    class Noting(OTLPSpanExporter):
        def export(self, *given: object, **named: object) -> SpanExportResult:
            results.append(super().export(*given, **named))  # type: ignore[arg-type]
            return results[-1]

    def run() -> None:
        provider = TracerProvider(resource=Resource({"service.name": "shop"}))
        exporter = Noting(endpoint=f"{door.url}/v1/traces", compression=compression)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        tracer = provider.get_tracer("test", "1")
        with tracer.start_as_current_span("outer"), tracer.start_as_current_span("inner") as inner:
            inner.set_attribute("llm.model_name", "claude")
        provider.shutdown()

    await asyncio.to_thread(run)
    assert results == [SpanExportResult.SUCCESS] * 2
    written = await door.written()
    (requests,) = written.values()
    names = [r.resource_spans[0].scope_spans[0].spans[0].name for r in requests]
    assert sorted(names) == ["inner", "outer"]
    resource = {
        a.key: a.value.string_value for a in requests[0].resource_spans[0].resource.attributes
    }
    assert resource["openinference.project.name"] == "shop"
    assert requests[0].resource_spans[0].scope_spans[0].scope.name == "test"


async def test_one_message_per_trace_keyed_by_its_id(door: "Opened") -> None:
    spans = [span_of(trace=t, span=s) for s in (1, 2, 3) for t in (1, 2)]
    answer = await door.client.post(
        "/v1/traces", content=export_request(*spans).SerializeToString(), headers=PROTOBUF
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-protobuf"
    assert ExportTraceServiceResponse.FromString(answer.content) == ExportTraceServiceResponse()
    written = await door.written()
    assert sorted(written) == [f"{1:032x}", f"{2:032x}"]
    for key, (request,) in written.items():
        (group,) = request.resource_spans
        assert [s.trace_id.hex() for s in group.scope_spans[0].spans] == [key] * 3
