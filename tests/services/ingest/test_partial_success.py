"""One bad span is refused with its reason, the rest is kept; the key decides the project."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from libs.runtime.keys import KeysFile, new_key, write_keys
from libs.testkit.otlp import export_request, span_of
from services.ingest.domain.wire import framed

if TYPE_CHECKING:
    from tests.services.ingest.conftest import Open, Opened

HEADERS = {"content-type": "application/x-protobuf"}


async def send(
    door: "Opened", request: ExportTraceServiceRequest | bytes, **headers: str
) -> ExportTraceServiceResponse:
    content = request if isinstance(request, bytes) else request.SerializeToString()
    answer = await door.client.post("/v1/traces", content=content, headers=HEADERS | headers)
    assert answer.status_code == 200, Status.FromString(answer.content).message
    return ExportTraceServiceResponse.FromString(answer.content)


def projects_of(request: ExportTraceServiceRequest) -> list[str]:
    return [
        pair.value.string_value
        for group in request.resource_spans
        for pair in group.resource.attributes
        if pair.key == "openinference.project.name"
    ]


def nested(depth: int) -> AnyValue:
    value = AnyValue(string_value="deep")
    for _ in range(depth):
        outer = AnyValue()
        outer.array_value.values.append(value)
        value = outer
    return value


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (Span(span_id=b"12345678"), "trace_id must be 16 bytes"),
        (Span(trace_id=bytes(16), span_id=b"12345678"), "16 bytes, all zero"),
        (Span(trace_id=b"short", span_id=b"12345678"), "came 5 bytes"),
        (Span(trace_id=b"1" * 16), "span_id must be 8 bytes"),
        (Span(trace_id=b"1" * 16, span_id=bytes(8)), "8 bytes, all zero"),
        (Span(trace_id=b"1" * 16, span_id=b"1" * 9), "span_id must be 8 bytes"),
        (Span(trace_id=b"1" * 16, span_id=b"1" * 8, parent_span_id=b"x"), "parent_span_id must"),
    ],
)
async def test_a_span_with_bad_ids_is_refused_and_the_rest_kept(
    door: "Opened", bad: Span, reason: str
) -> None:
    response = await send(door, export_request(span_of(1, 1), bad, span_of(2, 2)))
    assert response.partial_success.rejected_spans == 1
    assert reason in response.partial_success.error_message
    assert sorted(span.name for span in await door.spans()) == ["span 1", "span 2"]


async def test_a_span_that_is_not_utf8_is_refused_alone(door: "Opened") -> None:
    body = export_request(span_of(1, 1), span_of(1, 2, k="MARK"), span_of(1, 3))
    response = await send(door, body.SerializeToString().replace(b"MARK", b"\xff\xfe\xfd\xfc"))
    assert response.partial_success.rejected_spans == 1
    assert "UTF-8" in response.partial_success.error_message
    assert [span.name for span in await door.spans()] == ["span 1", "span 3"]


async def test_a_span_nested_too_deep_for_readers_is_refused_alone(door: "Opened") -> None:
    deep, fine = span_of(1, 2), span_of(1, 3)
    deep.attributes.add(key="k").value.CopyFrom(nested(48))
    fine.attributes.add(key="k").value.CopyFrom(nested(40))
    response = await send(door, export_request(span_of(1, 1), deep, fine))
    assert response.partial_success.rejected_spans == 1
    assert [span.name for span in await door.spans()] == ["span 1", "span 3"]


async def test_ids_written_in_an_unusual_order_still_decide(door: "Opened") -> None:
    usual = span_of(1, 1).SerializeToString()
    last_id_wins = usual + framed(0x0A, (7).to_bytes(16, "big"))
    ids_last = usual[28:] + usual[:28]
    spans = framed(0x12, last_id_wins) + framed(0x12, ids_last)
    await send(door, framed(0x0A, framed(0x12, spans)))
    assert sorted(await door.written()) == [f"{1:032x}", f"{7:032x}"]


async def test_a_root_whose_parent_is_zero_bytes_has_no_parent(door: "Opened") -> None:
    root = span_of(1, 1)
    root.parent_span_id = bytes(8)
    await send(door, export_request(root))
    assert [span.parent_span_id for span in await door.spans()] == [b""]


async def test_a_long_trace_goes_in_several_messages_of_one_key(open_door: "Open") -> None:
    async with open_door(message_bytes_max=2000) as door:
        await send(door, export_request(*(span_of(1, n, t="x" * 900) for n in range(1, 8))))
        (requests,) = (await door.written()).values()
        assert len(requests) == 4
        assert [span.name for span in await door.spans()] == [f"span {n}" for n in range(1, 8)]


async def test_a_resource_repeated_beyond_measure_is_413(open_door: "Open") -> None:
    async with open_door(decoded_bytes_max=100_000, body_bytes_max=100_000) as door:
        request = export_request(*(span_of(n, n) for n in range(1, 50)), pad="x" * 20_000)
        answer = await door.client.post(
            "/v1/traces", content=request.SerializeToString(), headers=HEADERS
        )
        assert answer.status_code == 413


async def test_the_project_is_named_by_the_resource_or_the_service(door: "Opened") -> None:
    named = {"openinference__project__name": "shop", "service__name": "web"}
    await send(door, export_request(span_of(1, 1), **named))
    await send(door, export_request(span_of(2, 1), service__name="web"))
    await send(door, export_request(span_of(3, 1)))
    written = await door.written()
    found = [projects_of(written[f"{n:032x}"][0]) for n in (1, 2, 3)]
    assert found == [["shop"], ["web"], ["default"]]


async def test_a_key_of_one_project_files_its_spans_there(
    open_door: "Open", tmp_path: Path
) -> None:
    secret, entry = new_key("k", frozenset({"ingest"}), frozenset({"shop"}))
    write_keys(tmp_path / "keys.yaml", KeysFile(keys=(entry,)))
    async with open_door(keys_file=tmp_path / "keys.yaml") as door:
        headers = {"x-api-key": secret}
        await send(door, export_request(span_of(1, 1), service__name="web"), **headers)
        (request,) = (await door.written())[f"{1:032x}"]
        assert projects_of(request) == ["shop"]
        other = export_request(span_of(2, 1), openinference__project__name="bank")
        answer = await door.client.post(
            "/v1/traces", content=other.SerializeToString(), headers=HEADERS | headers
        )
        assert answer.status_code == 403
        message = Status.FromString(answer.content).message
        assert "'k' may not send to project 'bank', only to shop" in message
        other.MergeFrom(export_request(span_of(3, 1)))
        response = await send(door, other, **headers)
        assert response.partial_success.rejected_spans == 1
        assert f"{3:032x}" in await door.written()
        assert f"{2:032x}" not in await door.written()


async def test_a_project_name_without_end_is_refused(door: "Opened") -> None:
    response = await send(door, export_request(span_of(1, 1), service__name="x" * 201))
    assert "at most 200 characters" in response.partial_success.error_message


async def test_what_a_newer_exporter_adds_is_kept(door: "Opened") -> None:
    request = export_request(span_of(1, 1))
    unknown = b"\xa2\x06\x03new"  # field 100
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.MergeFromString(unknown)
    request.resource_spans[0].MergeFromString(unknown)
    await send(door, request)
    (written,) = (await door.written())[f"{1:032x}"]
    assert written.SerializeToString().count(unknown) == 2
