"""A trace store over a real embedded log and a real chDB directory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from libs.contracts.topics import OTLP_SPANS
from libs.eventlog import Message
from libs.runtime import App
from libs.testkit.apps import embedded_deps
from services.traces.main import build

BASE_NS = 1_790_000_000_000_000_000


def attribute(key: str, value: Any) -> KeyValue:
    if isinstance(value, bool):
        return KeyValue(key=key, value=AnyValue(bool_value=value))
    if isinstance(value, int):
        return KeyValue(key=key, value=AnyValue(int_value=value))
    if isinstance(value, float):
        return KeyValue(key=key, value=AnyValue(double_value=value))
    return KeyValue(key=key, value=AnyValue(string_value=value))


def make_span(
    number: int,
    *,
    trace: int = 1,
    parent: int | None = None,
    start_ms: int = 0,
    duration_ms: int = 10,
    name: str = "step",
    error: bool = False,
    attributes: dict[str, Any] | None = None,
) -> Span:
    """A span with readable ids: trace 1 is `00..01`, span 2 is `00..02`."""
    start = BASE_NS + start_ms * 1_000_000
    return Span(
        trace_id=trace.to_bytes(16, "big"),
        span_id=number.to_bytes(8, "big"),
        parent_span_id=parent.to_bytes(8, "big") if parent else b"",
        name=name,
        start_time_unix_nano=start,
        end_time_unix_nano=start + duration_ms * 1_000_000,
        status=Status(code=Status.STATUS_CODE_ERROR if error else Status.STATUS_CODE_OK),
        attributes=[attribute(key, value) for key, value in (attributes or {}).items()],
    )


def request_of(*spans: Span, project: str = "demo") -> ExportTraceServiceRequest:
    resource = Resource(attributes=[attribute("openinference.project.name", project)])
    scoped = ScopeSpans(spans=spans)
    return ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(resource=resource, scope_spans=[scoped])]
    )


def trace_id(number: int) -> str:
    return f"{number:032x}"


def span_id(number: int) -> str:
    return f"{number:016x}"


@dataclass
class Service:
    """A running trace store and its API."""

    app: App
    http: httpx.AsyncClient

    async def send(self, *spans: Span, project: str = "demo") -> None:
        """As ingest does: one record, on the log when this returns."""
        value = request_of(*spans, project=project).SerializeToString()
        key = spans[0].trace_id.hex().encode()
        await self.app.deps.log.publish([Message(OTLP_SPANS.name, key, value)])

    async def get(self, path: str, expect: int = 200, **query: Any) -> Any:
        answer = await self.http.get(f"/api/v1/{path}", params=query)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def post(self, path: str, body: Any, expect: int = 200) -> Any:
        answer = await self.http.post(f"/api/v1/{path}", json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def settle(self) -> None:
        """Wait until everything in the log is stored."""
        for topic in ("otlp_spans", "feedback-recorded-v1", "evaluation-recorded-v1"):
            async with asyncio.timeout(20):
                while await self.app.deps.log.lag("traces", topic):
                    await asyncio.sleep(0.02)


@asynccontextmanager
async def open_service(home: Path, **settings: object) -> AsyncIterator[Service]:
    async with embedded_deps(home, **settings) as deps:
        app = build(deps)
        await app.start()
        transport = httpx.ASGITransport(app.api)
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://traces") as http:
                yield Service(app, http)
        finally:
            await app.stop()
