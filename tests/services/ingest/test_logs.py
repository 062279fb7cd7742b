"""GenAI log events are kept beside their spans; other log records are acknowledged."""

from typing import TYPE_CHECKING

import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from libs.contracts.attributes import LOG_BODY, LOG_EVENT, LOG_SEVERITY

if TYPE_CHECKING:
    from tests.services.ingest.conftest import Opened

TRACE_ID = (9).to_bytes(16, "big")
SPAN_ID = (5).to_bytes(8, "big")


def record(name: str, trace_id: bytes = TRACE_ID, span_id: bytes = SPAN_ID) -> LogRecord:
    made = LogRecord(
        event_name=name,
        trace_id=trace_id,
        span_id=span_id,
        time_unix_nano=1_790_000_000_000_000_000,
        severity_number=9,  # type: ignore[arg-type]
    )
    made.attributes.add(key="gen_ai.evaluation.name").value.string_value = "tone"
    made.body.string_value = "said"
    return made


async def send(door: "Opened", *records: LogRecord) -> ExportLogsServiceResponse:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.add(key="service.name").value.string_value = "shop"
    group.scope_logs.add().log_records.extend(records)
    answer = await door.client.post(
        "/v1/logs",
        content=request.SerializeToString(),
        headers={"content-type": "application/x-protobuf"},
    )
    assert answer.status_code == 200
    return ExportLogsServiceResponse.FromString(answer.content)


def attributes(message: Span | Span.Event) -> dict[str, object]:
    return {
        pair.key: pair.value.string_value or pair.value.int_value for pair in message.attributes
    }


async def test_a_genai_event_travels_on_a_carrier_with_its_spans_ids(door: "Opened") -> None:
    response = await send(door, record("gen_ai.evaluation.result"))
    assert not response.HasField("partial_success")
    (carrier,) = await door.spans()
    assert (carrier.trace_id, carrier.span_id) == (TRACE_ID, SPAN_ID)
    assert attributes(carrier) == {LOG_EVENT: "span"}
    (event,) = carrier.events
    assert (event.name, event.time_unix_nano) == (
        "gen_ai.evaluation.result",
        1_790_000_000_000_000_000,
    )
    assert attributes(event) == {
        "gen_ai.evaluation.name": "tone",
        LOG_BODY: "said",
        LOG_SEVERITY: 9,
    }
    ((request,),) = (await door.written()).values()
    names = {a.key: a.value.string_value for a in request.resource_spans[0].resource.attributes}
    assert names["openinference.project.name"] == "shop"


async def test_an_event_that_names_only_a_trace_is_marked_so(door: "Opened") -> None:
    await send(door, record("gen_ai.evaluation.result", span_id=b""))
    (carrier,) = await door.spans()
    assert attributes(carrier) == {LOG_EVENT: "trace"}
    assert len(carrier.span_id) == 8


async def test_the_older_place_of_an_events_name_counts(door: "Opened") -> None:
    older = record("")
    older.attributes.add(key="event.name").value.string_value = "gen_ai.user.message"
    await send(door, older)
    (carrier,) = await door.spans()
    assert carrier.events[0].name == "gen_ai.user.message"


async def test_other_records_are_acknowledged_and_not_kept(door: "Opened") -> None:
    plain = LogRecord(trace_id=TRACE_ID, span_id=SPAN_ID, event_name="http.access")
    mentions = LogRecord(event_name="note")
    mentions.body.string_value = "about gen_ai.things"
    response = await send(door, plain, mentions)
    assert not response.HasField("partial_success")
    assert await door.spans() == []


async def test_a_genai_event_without_a_trace_is_reported(door: "Opened") -> None:
    response = await send(door, record("gen_ai.choice", trace_id=b""), record("gen_ai.choice"))
    assert response.partial_success.rejected_log_records == 1
    assert "gen_ai.choice names no trace" in response.partial_success.error_message
    assert len(await door.spans()) == 1


async def test_log_events_in_json_mean_the_same(door: "Opened") -> None:
    given = {
        "eventName": "gen_ai.client.inference.operation.details",
        "traceId": TRACE_ID.hex(),
        "spanId": SPAN_ID.hex(),
        "timeUnixNano": "5",
        "body": {"stringValue": "b"},
    }
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [given]}]}]}
    answer = await door.client.post(
        "/v1/logs", content=orjson.dumps(body), headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()) == (200, {})
    (carrier,) = await door.spans()
    assert carrier.events[0].name == given["eventName"]
    assert attributes(carrier.events[0]) == {LOG_BODY: "b"}
