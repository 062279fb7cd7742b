"""The three OTLP signals, the same over HTTP and gRPC: a decoded body in, OTLP's answer out."""

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from libs.runtime.keys import Principal
from services.ingest.domain.wire import walk
from services.ingest.door import Door


class Signals:
    """Bodies are protobuf here unless the name says otherwise."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._spans_max = door.settings.spans_max

    async def traces(self, body: bytes, who: Principal) -> ExportTraceServiceResponse:
        """Keep the spans."""
        size = len(body)
        refusals = await self._door.take(lambda _: walk(body, self._spans_max), size, size, who)
        response = ExportTraceServiceResponse()
        if text := refusals.text():
            response.partial_success.rejected_spans = refusals.refused
            response.partial_success.error_message = text
        return response

    async def metrics(self, body: bytes, who: Principal) -> ExportMetricsServiceResponse:
        """Acknowledge: Pawl keeps no metrics, and an exporter must not retry them for ever."""
        return ExportMetricsServiceResponse()
