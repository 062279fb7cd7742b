"""OTLP over gRPC: the same promises as over HTTP, in gRPC's words."""

import asyncio
import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from libs.runtime.keys import KeyLimits, KeysFile, new_key, write_keys
from libs.runtime.serve import bind
from libs.testkit.otlp import export_request, span_of

if TYPE_CHECKING:
    from tests.services.ingest.conftest import Open, Opened


def channel_to(door: "Opened", **options: object) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(f"127.0.0.1:{door.app.ports['otlp_grpc']}", **options)  # type: ignore[arg-type]


def rich_status(error: grpc.aio.AioRpcError) -> Status:
    trailing = dict(error.trailing_metadata() or ())
    return Status.FromString(trailing["grpc-status-details-bin"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip, None]
)
async def test_the_standard_sdk_exporter_is_served(
    door: "Opened", compression: grpc.Compression | None
) -> None:
    def run() -> None:
        provider = TracerProvider()
        exporter = OTLPSpanExporter(
            endpoint=f"127.0.0.1:{door.app.ports['otlp_grpc']}",
            insecure=True,
            compression=compression,
        )
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        with provider.get_tracer("t").start_as_current_span("one"):
            pass
        provider.shutdown()

    await asyncio.to_thread(run)
    assert [span.name for span in await door.spans()] == ["one"]


async def test_metrics_are_acknowledged(door: "Opened") -> None:
    async with channel_to(door) as channel:
        answer = await MetricsServiceStub(channel).Export(ExportMetricsServiceRequest())
    assert not answer.HasField("partial_success")


async def test_a_bad_span_is_reported_and_the_rest_kept(door: "Opened") -> None:
    async with channel_to(door) as channel:
        stub = TraceServiceStub(channel)
        answer = await stub.Export(export_request(span_of(1, 1), span_of(0, 2), span_of(1, 3)))
    assert answer.partial_success.rejected_spans == 1
    assert "trace_id" in answer.partial_success.error_message
    assert [span.name for span in await door.spans()] == ["span 1", "span 3"]


async def test_garbage_is_an_invalid_argument(door: "Opened") -> None:
    async with channel_to(door) as channel:
        call = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await call(b"\xff\xff\xff")
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_bomb_is_refused_by_its_decompressed_size(open_door: "Open") -> None:
    async with open_door(body_bytes_max=1_000_000, decoded_bytes_max=1_000_000) as door:
        async with channel_to(door, compression=grpc.Compression.Gzip) as channel:
            stub = TraceServiceStub(channel)
            request = export_request(span_of(1, 1, bomb="a" * 2_000_000))
            assert len(gzip.compress(request.SerializeToString())) < 10_000
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await stub.Export(request)
        assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert await door.spans() == []


async def test_keys_are_asked_for_and_limits_come_with_retry_info(
    open_door: "Open", tmp_path: Path
) -> None:
    secret, entry = new_key("sender", frozenset({"ingest"}), limits=KeyLimits(spans_per_second=0.5))
    write_keys(tmp_path / "keys.yaml", KeysFile(keys=(entry,)))
    async with open_door(keys_file=tmp_path / "keys.yaml") as door, channel_to(door) as channel:
        stub = TraceServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.Export(export_request(span_of(1, 1)))
        assert raised.value.code() is grpc.StatusCode.UNAUTHENTICATED
        metadata = (("authorization", f"Bearer {secret}"),)
        await stub.Export(export_request(span_of(1, 1)), metadata=metadata)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.Export(export_request(span_of(1, 2)), metadata=metadata)
        assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        retry = RetryInfo()
        assert rich_status(raised.value).details[0].Unpack(retry)
        assert retry.retry_delay.ToNanoseconds() > 0
        assert len(await door.spans()) == 1


async def test_a_taken_port_stops_the_start_with_a_clear_error(open_door: "Open") -> None:
    held = bind("127.0.0.1", 0)
    held.listen()
    from libs.runtime.errors import StartupError

    with pytest.raises(StartupError, match="PAWL_INGEST_OTLP_GRPC_PORT"):
        async with open_door(otlp_grpc_port=held.getsockname()[1]):
            pass
    held.close()
