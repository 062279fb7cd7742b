"""The three OTLP signals, the same over HTTP and gRPC: a body in, OTLP's answer out."""

from typing import Literal

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from libs.runtime.keys import Principal
from services.ingest.domain.json_otlp import LOGS, SPANS, JsonShape, cut_json, parsed_object
from services.ingest.domain.log_events import carriers
from services.ingest.domain.phoenix import spans_of
from services.ingest.domain.refusals import Refusals
from services.ingest.domain.refuse import RefusedError, Why
from services.ingest.domain.wire import MalformedError, ResourceItems, TooManyError, walk
from services.ingest.door import Door

Form = Literal["protobuf", "json"]
JSON_COST = 20
"""How much dearer a byte of JSON is than one of protobuf."""


class Signals:
    """Decoded bodies of the OTLP signals."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._settings = door.settings

    async def traces(
        self, body: bytes, who: Principal, form: Form = "protobuf"
    ) -> ExportTraceServiceResponse:
        """Keep the spans."""

        def source(refusals: Refusals) -> list[ResourceItems]:
            return self._cut(body, form, SPANS, refusals)

        refusals = await self._door.take(source, self._cost(body, form), len(body), who)
        response = ExportTraceServiceResponse()
        if text := refusals.text():
            response.partial_success.rejected_spans = refusals.refused
            response.partial_success.error_message = text
        return response

    async def logs(
        self, body: bytes, who: Principal, form: Form = "protobuf"
    ) -> ExportLogsServiceResponse:
        """Keep GenAI events, beside the spans they belong to; acknowledge the rest."""

        def source(refusals: Refusals) -> list[ResourceItems]:
            return carriers(self._cut(body, form, LOGS, refusals), refusals)

        refusals = await self._door.take(source, self._cost(body, form), len(body), who)
        response = ExportLogsServiceResponse()
        if text := refusals.text():
            response.partial_success.rejected_log_records = refusals.refused
            response.partial_success.error_message = text
        return response

    async def metrics(
        self, body: bytes, who: Principal, form: Form = "protobuf"
    ) -> ExportMetricsServiceResponse:
        """Acknowledge: Pawl keeps no metrics, and an exporter must not retry them for ever."""
        self._cost(body, form)
        try:
            parsed_object(body) if form == "json" else walk(body, self._settings.spans_max)
        except MalformedError as error:
            raise RefusedError(Why.MALFORMED, str(error)) from error
        except TooManyError:
            pass  # nothing of it is kept, so it may be as large as it likes
        return ExportMetricsServiceResponse()

    async def phoenix(self, body: bytes, project: str, who: Principal) -> int:
        """Keep the spans of Phoenix's REST API, all or none; how many they were."""

        def source(refusals: Refusals) -> list[ResourceItems]:
            return spans_of(body, project, self._settings.spans_max, refusals)

        cost = self._cost(body, "json")
        refusals = await self._door.take(source, cost, len(body), who, whole=True)
        return refusals.kept

    def _cut(
        self, body: bytes, form: Form, shape: JsonShape, refusals: Refusals
    ) -> list[ResourceItems]:
        if form == "json":
            return cut_json(body, shape, self._settings.spans_max, refusals)
        return walk(body, self._settings.spans_max)

    def _cost(self, body: bytes, form: Form) -> int:
        if form == "protobuf":
            return len(body)
        if len(body) > (limit := self._settings.json_bytes_max):
            text = f"a JSON body may have {limit} bytes: send smaller batches, or protobuf"
            raise RefusedError(Why.TOO_LARGE, text)
        return len(body) * JSON_COST
