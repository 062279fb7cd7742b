"""Each kind of bad request gets the status that OTLP asks for, as google.rpc.Status."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest
import zstandard
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from libs.eventlog import EventLogFull
from libs.runtime.keys import KeyLimits, KeysFile, new_key, write_keys
from libs.testkit.otlp import export_request, span_of

if TYPE_CHECKING:
    from tests.services.ingest.conftest import Open, Opened

PROTOBUF = "application/x-protobuf"
BODY = export_request(span_of(1, 1)).SerializeToString()


async def post(
    door: "Opened", content: bytes = BODY, media: str = PROTOBUF, **headers: str
) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await door.client.post(
        "/v1/traces", content=content, headers={"content-type": media} | named
    )


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("zstd", zstandard.compress),
        ("identity", bytes),
    ],
)
async def test_every_compression_is_understood(
    door: "Opened", encoding: str, compress: Any
) -> None:
    answer = await post(door, compress(BODY), content_encoding=encoding)
    assert answer.status_code == 200
    assert [span.name for span in await door.spans()] == ["span 1"]


@pytest.mark.parametrize(
    "media", [PROTOBUF, "application/x-protobuf; charset=utf-8", "Application/X-Protobuf"]
)
async def test_content_types_may_have_parameters_and_any_case(door: "Opened", media: str) -> None:
    assert (await post(door, media=media)).status_code == 200


async def test_an_empty_request_is_taken(door: "Opened") -> None:
    answer = await post(door, b"")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("media", ["text/plain", "", "application/x-protobuffer"])
async def test_another_content_type_is_415(door: "Opened", media: str) -> None:
    answer = await post(door, media=media)
    assert answer.status_code == 415
    assert "Content-Type must be" in answer.json()["message"]


async def test_another_content_encoding_is_415_and_names_those_known(door: "Opened") -> None:
    answer = await post(door, content_encoding="br")
    assert answer.status_code == 415
    assert "gzip, deflate, zstd" in Status.FromString(answer.content).message


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"\xff\xff\xff\xff", "identity"),
        (b"\x0a\x7f", "identity"),
        (BODY[:-1], "identity"),
        (b"no gzip", "gzip"),
        (gzip.compress(BODY, mtime=0)[:-4], "gzip"),
        (gzip.compress(BODY, mtime=0) + b"tail", "gzip"),
        (zstandard.compress(BODY)[:-1], "zstd"),
        (zlib.compress(BODY)[:-1], "deflate"),
    ],
)
async def test_what_cannot_be_decoded_is_400_in_the_requests_encoding(
    door: "Opened", content: bytes, encoding: str
) -> None:
    answer = await post(door, content, content_encoding=encoding)
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROTOBUF)
    status = Status.FromString(answer.content)
    assert (status.code, bool(status.message)) == (3, True)
    assert await door.spans() == []


async def test_errors_of_json_requests_are_json(door: "Opened") -> None:
    answer = await post(door, b"{", "application/json")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
    assert orjson.loads(answer.content)["code"] == 3


async def test_a_body_over_the_limit_is_413(open_door: "Open") -> None:
    async with open_door(body_bytes_max=1000) as door:
        assert (await post(door, b"\x00" * 1001)).status_code == 413

        async def chunks() -> AsyncIterator[bytes]:  # no Content-Length to judge by
            for _ in range(11):
                yield b"\x00" * 100

        answer = await door.client.post(
            "/v1/traces", content=chunks(), headers={"content-type": PROTOBUF}
        )
        assert answer.status_code == 413
        assert "1000 bytes" in Status.FromString(answer.content).message


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "deflate"])
async def test_a_bomb_is_413_and_never_inflated(open_door: "Open", encoding: str) -> None:
    bomb = {"gzip": gzip.compress, "zstd": zstandard.compress, "deflate": zlib.compress}[encoding](
        b"\x00" * 50_000_000
    )
    async with open_door(decoded_bytes_max=1_000_000) as door:
        answer = await post(door, bomb, content_encoding=encoding)
        assert answer.status_code == 413
        metrics = (await door.client.get("/metrics")).text
        assert "pawl_ingest_in_flight_bytes 0.0" in metrics


async def test_more_spans_than_allowed_is_413(open_door: "Open") -> None:
    async with open_door(spans_max=3) as door:
        body = export_request(*(span_of(1, n) for n in range(1, 5))).SerializeToString()
        answer = await post(door, body)
        assert answer.status_code == 413
        assert "smaller batches" in Status.FromString(answer.content).message


async def test_a_full_house_is_503_with_retry_after(open_door: "Open") -> None:
    limits = {"body_bytes_max": 2000, "decoded_bytes_max": 2000, "in_flight_bytes_max": 4000}
    big = export_request(span_of(1, 1, text="x" * 1500)).SerializeToString()
    async with open_door(**limits) as door:
        arrived, go_on = asyncio.Event(), asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield big[:-1]
            arrived.set()
            await go_on.wait()
            yield big[-1:]

        slow = [
            asyncio.create_task(
                door.client.post("/v1/traces", content=slowly(), headers={"content-type": PROTOBUF})
            )
            for _ in range(2)
        ]
        await arrived.wait()
        while (answer := await post(door, big)).status_code == 200:
            await asyncio.sleep(0.01)  # the slow ones are on their way
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        go_on.set()
        assert [one.status_code for one in await asyncio.gather(*slow)] == [200, 200]
        assert (await post(door, big)).status_code == 200


async def test_a_body_that_does_not_arrive_is_given_up(open_door: "Open") -> None:
    async with open_door(body_seconds_max=0.2) as door:

        async def never_ends() -> AsyncIterator[bytes]:
            yield BODY[:5]
            await asyncio.sleep(2)

        answer = await door.client.post(
            "/v1/traces", content=never_ends(), headers={"content-type": PROTOBUF}
        )
        assert answer.status_code == 408
        assert "0.2 s" in Status.FromString(answer.content).message


@pytest.mark.parametrize("error", [EventLogFull("full"), OSError("disk gone")])
async def test_a_log_that_cannot_be_written_is_503_with_retry_after(
    door: "Opened", monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def fail(messages: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(door.log, "publish", fail)
        answer = await post(door)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "nothing was kept" in Status.FromString(answer.content).message
    assert (await door.client.get("/readyz")).status_code == 503
    assert (await post(door)).status_code == 200
    assert (await door.client.get("/readyz")).status_code == 200


async def test_keys_are_asked_for(open_door: "Open", tmp_path: Path) -> None:
    good, sender = new_key("sender", frozenset({"ingest"}))
    reader, reading = new_key("reader", frozenset({"read"}))
    write_keys(tmp_path / "keys.yaml", KeysFile(keys=(sender, reading)))
    async with open_door(keys_file=tmp_path / "keys.yaml") as door:
        missing = await post(door)
        assert missing.status_code == 401
        assert missing.headers["www-authenticate"].startswith("Bearer")
        assert (await post(door, x_api_key="pawl_no")).status_code == 401
        assert (await post(door, x_api_key=reader)).status_code == 403
        assert (await post(door, x_api_key=good)).status_code == 200
        assert (await post(door, authorization=f"Bearer {good}")).status_code == 200
        assert len(await door.spans()) == 2


@pytest.mark.parametrize("limits", [{"spans_per_second": 0.1}, {"bytes_per_second": 1.0}])
async def test_a_key_over_its_rate_is_429_with_retry_after(
    open_door: "Open", tmp_path: Path, limits: dict[str, float]
) -> None:
    secret, entry = new_key("slow", frozenset({"ingest"}), limits=KeyLimits(**limits))
    write_keys(tmp_path / "keys.yaml", KeysFile(keys=(entry,)))
    async with open_door(keys_file=tmp_path / "keys.yaml") as door:
        assert (await post(door, x_api_key=secret)).status_code == 200
        answer = await post(door, x_api_key=secret)
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert Status.FromString(answer.content).code == 8


async def test_metrics_are_acknowledged_and_get_is_405(door: "Opened") -> None:
    for media, content, status in (
        (PROTOBUF, b"\x0a\x00", 200),
        (PROTOBUF, b"{}", 400),
        ("application/json", b"{}", 200),
        ("application/json", b"[]", 400),
    ):
        answer = await door.client.post(
            "/v1/metrics", content=content, headers={"content-type": media}
        )
        assert answer.status_code == status
    assert (await door.client.get("/v1/traces")).status_code == 405


async def test_a_taken_request_answers_an_empty_response(door: "Opened") -> None:
    answer = await post(door)
    assert ExportTraceServiceResponse.FromString(answer.content) == ExportTraceServiceResponse()
