"""GenAI events over /v1/logs, through the whole platform: seen on their spans."""

import time
from pathlib import Path

import httpx
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from libs.testkit.eventlog_suite import eventually
from libs.testkit.otlp import attribute, export_request, span_of
from pawl.embedded import Platform, Ports

PROTOBUF = {"content-type": "application/x-protobuf"}
TRACE = 7


def evaluation(span: int, label: str, score: float) -> bytes:
    record = LogRecord(
        trace_id=TRACE.to_bytes(16, "big"),
        span_id=span.to_bytes(8, "big"),
        time_unix_nano=time.time_ns(),
        event_name="gen_ai.evaluation.result",
        attributes=[
            attribute("gen_ai.evaluation.name", "relevance"),
            attribute("gen_ai.evaluation.score.label", label),
            attribute("gen_ai.evaluation.score.value", score),
            attribute("gen_ai.evaluation.explanation", "answers the question"),
        ],
    )
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.add(key="service.name").value.string_value = "shop"
    group.scope_logs.add().log_records.append(record)
    return request.SerializeToString()


async def test_an_evaluation_result_in_a_log_is_shown_with_the_trace(tmp_path: Path) -> None:
    async with (
        Platform(tmp_path / "home", Ports(0, 0, 0)) as platform,
        httpx.AsyncClient(trust_env=False, headers=PROTOBUF) as client,
    ):
        door, api = platform.endpoints["otlp_http"], platform.endpoints["api"]
        spans = export_request(span_of(TRACE, 1), span_of(TRACE, 2, 1), service__name="shop")
        for path, body in (
            ("logs", evaluation(2, "relevant", 0.9)),
            ("traces", spans.SerializeToString()),
        ):
            answer = await client.post(f"{door}/v1/{path}", content=body)
            assert answer.status_code == 200

        async def tree() -> dict[str, list[dict[str, object]]] | None:
            answer = await client.get(f"{api}/api/v1/traces/{TRACE:032x}")
            found = answer.json()
            whole = answer.status_code == 200 and found["evaluations"] and len(found["spans"]) == 2
            return found if whole else None

        async def shown() -> bool:
            return await tree() is not None

        await eventually(shown)
        found = await tree()
        assert found is not None
        [told] = found["evaluations"]
        assert (told["evaluator"], told["label"], told["score"]) == ("relevance", "relevant", 0.9)
        assert told["span_id"] == f"{2:016x}"
        by_id = {span["span_id"]: span["events"] for span in found["spans"]}
        assert [event["name"] for event in by_id[f"{2:016x}"]] == ["gen_ai.evaluation.result"]
        assert by_id[f"{1:016x}"] == []
