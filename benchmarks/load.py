"""Load: OTLP requests of 8-span agent traces, about 2 kB a span, patched instead of rebuilt."""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Sequence
from typing import Any

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

SPANS_PER_TRACE = 8
TRACES_PER_BATCH = 25
SPANS_PER_BATCH = SPANS_PER_TRACE * TRACES_PER_BATCH
TEXT = "The supplier confirmed delivery within ten days and asks for an approval by Friday. " * 9
SHAPE = ("AGENT", "CHAIN", "LLM", "TOOL", "TOOL", "RETRIEVER", "LLM", "TOOL")


def _attribute(key: str, value: str | int) -> KeyValue:
    if isinstance(value, int):
        return KeyValue(key=key, value=AnyValue(int_value=value))
    return KeyValue(key=key, value=AnyValue(string_value=value))


def _attributes(kind: str, number: int) -> list[KeyValue]:
    found = [
        _attribute("openinference.span.kind", kind),
        _attribute("session.id", f"session-{number % 977}"),
        _attribute("user.id", f"user-{number % 97}"),
        _attribute("input.value", TEXT),
        _attribute("output.value", TEXT),
    ]
    if kind == "LLM":
        found += [
            _attribute("llm.model_name", "claude-sonnet-4-5"),
            _attribute("llm.token_count.prompt", 900 + number % 100),
            _attribute("llm.token_count.completion", 120),
            _attribute("llm.input_messages.0.message.role", "user"),
            _attribute("llm.input_messages.0.message.content", TEXT[:200]),
        ]
    if kind == "TOOL":
        found.append(_attribute("tool.name", "lookup_vendor"))
    return found


def add_trace(
    spans: Any, trace_id: bytes, span_ids: Sequence[bytes], number: int, started_ns: int
) -> None:
    """An agent's trace: the root and what it called."""
    for index, kind in enumerate(SHAPE):
        span = spans.add()
        span.trace_id, span.span_id = trace_id, span_ids[index]
        if index:
            span.parent_span_id = span_ids[0]
        span.name = f"{kind.lower()} {index}"
        span.start_time_unix_nano = started_ns + index * 1_000_000
        span.end_time_unix_nano = started_ns + (20 - index) * 1_000_000
        span.attributes.extend(_attributes(kind, number))


class Template:
    """One encoded request; `fresh` gives it new trace and span ids."""

    def __init__(self, project: str, started_ns: int) -> None:
        request = ExportTraceServiceRequest()
        resource = request.resource_spans.add()
        resource.resource.attributes.append(_attribute("openinference.project.name", project))
        resource.resource.attributes.append(_attribute("service.name", project))
        spans = resource.scope_spans.add().spans
        self._ids: list[bytes] = []
        for trace in range(TRACES_PER_BATCH):
            self._add_trace(spans, trace, started_ns)
        self._encoded = request.SerializeToString()
        self.size_bytes = len(self._encoded)
        self._places = [self._find(one) for one in self._ids]

    def _add_trace(self, spans: Any, trace: int, started_ns: int) -> None:
        trace_id, span_ids = os.urandom(16), [os.urandom(8) for _ in range(SPANS_PER_TRACE)]
        self._ids += [trace_id, *span_ids]
        add_trace(spans, trace_id, span_ids, trace, started_ns)

    def _find(self, needle: bytes) -> list[int]:
        found, at = [], self._encoded.find(needle)
        while at >= 0:
            found.append(at)
            at = self._encoded.find(needle, at + 1)
        return found

    def fresh(self) -> bytes:
        """The request with ids that were never sent before."""
        body = bytearray(self._encoded)
        for old, places in zip(self._ids, self._places, strict=True):
            new = os.urandom(len(old))
            for at in places:
                body[at : at + len(old)] = new
        return bytes(body)


async def send(
    url: str,
    seconds: float,
    connections: int,
    spans_per_second: float,
    project: str,
    headers: dict[str, str],
) -> dict[str, float]:
    """Send for a while over several connections; 0 spans per second is as fast as it goes."""
    headers = {"content-type": "application/x-protobuf"} | headers
    template = Template(project, time.time_ns())
    accepted = refused = 0
    latencies: list[float] = []
    start = time.monotonic()
    pause = connections * SPANS_PER_BATCH / spans_per_second if spans_per_second else 0.0

    async def worker(client: httpx.AsyncClient, number: int) -> None:
        nonlocal accepted, refused
        due = start + pause * number / connections
        while (now := time.monotonic()) < start + seconds:
            if pause and now < due:
                await asyncio.sleep(due - now)
            due += pause
            sent = time.monotonic()
            answer = await client.post(url, content=template.fresh(), headers=headers)
            latencies.append(time.monotonic() - sent)
            if answer.status_code == 200:
                accepted += SPANS_PER_BATCH
            else:
                refused += SPANS_PER_BATCH
                await asyncio.sleep(0.05)

    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        await asyncio.gather(*(worker(client, n) for n in range(connections)))
    elapsed = time.monotonic() - start
    latencies.sort()
    return {
        "accepted_spans": accepted,
        "refused_spans": refused,
        "seconds": elapsed,
        "accepted_per_second": accepted / elapsed,
        "request_p50_ms": latencies[len(latencies) // 2] * 1000,
        "request_p99_ms": latencies[int(len(latencies) * 0.99)] * 1000,
        "span_bytes": template.size_bytes / SPANS_PER_BATCH,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--spans-per-second", type=float, default=0)
    parser.add_argument("--project", default="bench")
    parser.add_argument("--header", action="append", default=[], help="NAME=VALUE")
    chosen = parser.parse_args()
    print(
        json.dumps(
            asyncio.run(
                send(
                    chosen.url,
                    chosen.seconds,
                    chosen.connections,
                    chosen.spans_per_second,
                    chosen.project,
                    dict(one.split("=", 1) for one in chosen.header),
                )
            )
        )
    )
