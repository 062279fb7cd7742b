"""What the door costs: CPU microseconds a span, and spans acknowledged durably per second.

    python -m benchmarks.door

Agent traces of 8 spans, about 2 kB a span, batches of 200, over 4 connections, into a door that
runs as its own process on the embedded log. The second line is the door's own work alone, without
HTTP and log.
"""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client import CollectorRegistry

from libs.runtime.keys import OPEN
from libs.runtime.serve import bind
from services.ingest.door import Door
from services.ingest.handlers import Signals
from services.ingest.metrics import IngestMetrics
from services.ingest.settings import IngestSettings

SPANS_PER_TRACE = 8
SPANS_PER_REQUEST = 200
CONNECTIONS = 4
REQUESTS = 600
WARM_UP_REQUESTS = 40
BODIES = 40
START_TRIES = 200
BASE_NS = 1_790_000_000_000_000_000
HEADERS = {"content-type": "application/x-protobuf"}


def main() -> None:
    """Print both figures."""
    rng = random.Random(7)
    bodies = [body(rng) for _ in range(BODIES)]
    size = sum(map(len, bodies)) / BODIES / SPANS_PER_REQUEST
    print(f"{size:.0f} bytes/span, {SPANS_PER_REQUEST} spans a request")
    seconds, cpu_seconds = served(bodies)
    spans = REQUESTS * SPANS_PER_REQUEST
    print(
        f"served: {spans / seconds:8.0f} spans/s durable, "
        f"{cpu_seconds / spans * 1e6:.1f} us CPU/span (HTTP, door, embedded log)"
    )
    print(f"door:   {alone(bodies) * 1e6:8.1f} us CPU/span")


def body(rng: random.Random) -> bytes:
    """One request of 25 traces."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "bench"
    scope = group.scope_spans.add()
    scope.scope.name = "openinference.instrumentation"
    for _ in range(SPANS_PER_REQUEST // SPANS_PER_TRACE):
        trace_id = rng.randbytes(16)
        root = rng.randbytes(8)
        for number in range(SPANS_PER_TRACE):
            fill(scope.spans.add(), rng, trace_id, root, number)
    return request.SerializeToString()


def fill(span: Span, rng: random.Random, trace_id: bytes, root: bytes, number: int) -> None:
    """A span with two dozen attributes."""
    span.trace_id = trace_id
    span.span_id = rng.randbytes(8) if number else root
    span.parent_span_id = root if number else b""
    span.name = "ChatCompletion"
    span.start_time_unix_nano = BASE_NS + number
    span.end_time_unix_nano = BASE_NS + number + 1_000_000
    for place in range(10):
        span.attributes.add(key=f"llm.attribute.{place}").value.string_value = rng.randbytes(
            8
        ).hex()
        span.attributes.add(key=f"llm.token_count.{place}").value.int_value = rng.randrange(5000)
    span.attributes.add(key="input.value").value.string_value = rng.randbytes(350).hex()
    span.attributes.add(key="output.value").value.string_value = rng.randbytes(250).hex()


def served(bodies: list[bytes]) -> tuple[float, float]:
    """Seconds on the clock, and CPU seconds of the door's process."""
    sock = bind("127.0.0.1", 0)
    port = sock.getsockname()[1]
    sock.close()
    with tempfile.TemporaryDirectory() as home:
        settings = {"PAWL_HOME": home, "PAWL_PORT": str(port), "PAWL_INGEST_OTLP_GRPC_PORT": "0"}
        process = subprocess.Popen(
            [sys.executable, "-m", "services.ingest.main"], env=os.environ | settings
        )
        try:
            return asyncio.run(load(f"http://127.0.0.1:{port}", process.pid, bodies))
        finally:
            process.terminate()
            process.wait()


async def load(url: str, pid: int, bodies: list[bytes]) -> tuple[float, float]:
    limits = httpx.Limits(max_connections=CONNECTIONS)
    async with httpx.AsyncClient(
        base_url=url, limits=limits, trust_env=False, timeout=30
    ) as client:
        for _ in range(START_TRIES):
            if await is_ready(client):
                break
            await asyncio.sleep(0.1)
        await send(client, bodies, WARM_UP_REQUESTS)
        before, cpu_before = time.monotonic(), cpu_seconds_of(pid)
        await send(client, bodies, REQUESTS)
        return time.monotonic() - before, cpu_seconds_of(pid) - cpu_before


async def is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


async def send(client: httpx.AsyncClient, bodies: list[bytes], count: int) -> None:
    async def sender(first: int) -> None:
        for number in range(first, count, CONNECTIONS):
            content = bodies[number % len(bodies)]
            answer = await client.post("/v1/traces", content=content, headers=HEADERS)
            answer.raise_for_status()

    await asyncio.gather(*(sender(first) for first in range(CONNECTIONS)))


def cpu_seconds_of(pid: int) -> float:
    """User and system time from /proc (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class NoLog:
    """Takes everything at once."""

    async def publish(self, messages: object) -> None:
        return None


def alone(bodies: list[bytes]) -> float:
    """CPU seconds a span of the door without HTTP and log; the best of five rounds."""
    door = Door(
        IngestSettings(),
        NoLog(),  # type: ignore[arg-type]
        IngestMetrics(CollectorRegistry()),
        time.monotonic,
    )
    signals = Signals(door)

    async def once() -> float:
        before = time.process_time()
        for content in bodies:
            await signals.traces(content, OPEN)
        return (time.process_time() - before) / (len(bodies) * SPANS_PER_REQUEST)

    return min(asyncio.run(once()) for _ in range(5))


if __name__ == "__main__":
    main()
