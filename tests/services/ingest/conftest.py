"""A door on a free port over a real embedded log, and what it wrote."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from libs.contracts.topics import OTLP_SPANS
from libs.eventlog.embedded import EmbeddedLog
from libs.runtime import App
from libs.runtime.serve import Server
from libs.testkit.apps import embedded_deps
from services.ingest.main import build


@dataclass
class Opened:
    """One running door."""

    app: App
    client: httpx.AsyncClient
    url: str
    log: EmbeddedLog

    async def written(self) -> dict[str, list[ExportTraceServiceRequest]]:
        """What stands in the log, by key, in order."""
        places = [(partition, 0) for partition in range(OTLP_SPANS.partitions)]
        found: dict[str, list[ExportTraceServiceRequest]] = {}
        for record in await self.log.read(OTLP_SPANS.name, places, 1_000_000):
            request = ExportTraceServiceRequest.FromString(record.value)
            found.setdefault(record.key.decode(), []).append(request)
        return found

    async def spans(self) -> list[Span]:
        """Every span in the log."""
        return [
            span
            for requests in (await self.written()).values()
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


Open = Callable[..., AbstractAsyncContextManager[Opened]]


@pytest.fixture
def open_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """`async with open_door(spans_max=5) as door`: settings of the door by name."""

    @asynccontextmanager
    async def opened(keys_file: Path | None = None, **settings: object) -> AsyncIterator[Opened]:
        monkeypatch.setenv("PAWL_INGEST_OTLP_GRPC_PORT", "0")
        for name, value in settings.items():
            monkeypatch.setenv(f"PAWL_INGEST_{name.upper()}", str(value))
        async with embedded_deps(tmp_path / "home", keys_file=keys_file) as deps:
            app = build(deps)
            await app.start()
            server = Server(app, "127.0.0.1", 0)
            await server.start()
            url = f"http://127.0.0.1:{server.port}"
            async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
                assert isinstance(deps.log, EmbeddedLog)
                yield Opened(app, client, url, deps.log)
            await app.stop()
            await server.stop()

    return opened


@pytest.fixture
async def door(open_door: Open) -> AsyncIterator[Opened]:
    """A door with the default settings and no keys."""
    async with open_door() as opened:
        yield opened
