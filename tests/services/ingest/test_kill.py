"""The door is killed with -9 under load, again and again: what it acknowledged is in the log."""

import asyncio
import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import grpc
import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from libs.contracts.topics import OTLP_SPANS, TOPICS
from libs.eventlog.embedded import EmbeddedLog
from libs.testkit.otlp import export_request, span_of

ROOT = Path(__file__).resolve().parents[3]
KILLS = 4
SENDERS = 3
SPANS_PER_REQUEST = 20


class Load:
    """Sends requests of numbered spans and remembers those that were acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: set[int] = set()
        self._next = 1

    def request(self) -> tuple[list[int], ExportTraceServiceRequest]:
        numbers = list(range(self._next, self._next + SPANS_PER_REQUEST))
        self._next += SPANS_PER_REQUEST
        return numbers, export_request(*(span_of(n % 7 + 1, n, t="x" * 300) for n in numbers))

    async def over_http(self, port: int) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            while True:
                numbers, request = self.request()
                answer = await client.post(
                    f"http://127.0.0.1:{port}/v1/traces",
                    content=request.SerializeToString(),
                    headers={"content-type": "application/x-protobuf"},
                )
                assert answer.status_code in (200, 503)
                if answer.status_code == 200:
                    self.acknowledged.update(numbers)

    async def over_grpc(self, port: int) -> None:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = TraceServiceStub(channel)
            while True:
                numbers, request = self.request()
                await stub.Export(request)
                self.acknowledged.update(numbers)


async def run_until_killed(home: Path, load: Load, seconds: float) -> None:
    port_file = home.parent / "ports"
    port_file.unlink(missing_ok=True)
    script = Path(__file__).with_name("door_process.py")
    process = subprocess.Popen(
        [sys.executable, str(script), str(home), str(port_file)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not port_file.exists():
            assert process.poll() is None, "the door did not start"
            await asyncio.sleep(0.05)
        http_port, grpc_port = map(int, port_file.read_text(encoding="utf-8").split())
        senders = [load.over_http(http_port) for _ in range(SENDERS)]
        tasks = [asyncio.create_task(one) for one in [*senders, load.over_grpc(grpc_port)]]
        await asyncio.sleep(seconds)
    finally:
        process.kill()
        process.wait()
    for task in tasks:
        task.cancel()
        with suppress(httpx.HTTPError, grpc.aio.AioRpcError, asyncio.CancelledError):
            await task


async def spans_in(home: Path) -> set[int]:
    log = EmbeddedLog(home / "events.db")
    await log.start()
    await log.create_topics(TOPICS)
    places = [(partition, 0) for partition in range(OTLP_SPANS.partitions)]
    records = await log.read(OTLP_SPANS.name, places, 10_000_000)
    await log.stop()
    return {
        int.from_bytes(span.span_id, "big")
        for record in records
        for group in ExportTraceServiceRequest.FromString(record.value).resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    }


async def test_every_acknowledged_span_survives_kill_9(tmp_path: Path) -> None:
    load = Load()
    moments = random.Random(7)
    for _ in range(KILLS):
        await run_until_killed(tmp_path / "home", load, moments.uniform(0.3, 1.0))
    assert len(load.acknowledged) >= SPANS_PER_REQUEST * KILLS
    assert load.acknowledged - await spans_in(tmp_path / "home") == set()
