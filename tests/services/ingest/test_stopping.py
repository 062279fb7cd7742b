"""A door that stops while the log hangs answers what it cut short: senders come again."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.rpc.status_pb2 import Status

from libs.eventlog import Message
from libs.runtime.serve import Server
from libs.testkit.apps import embedded_deps
from libs.testkit.otlp import export_request, span_of
from services.ingest.main import build

BODY = export_request(span_of(1, 1)).SerializeToString()
PHOENIX: dict[str, Any] = {
    "name": "a",
    "context": {"trace_id": "1" * 32, "span_id": "2" * 16},
    "span_kind": "chain",
    "start_time": "2026-01-31T12:00:00Z",
    "end_time": "2026-01-31T12:00:01Z",
    "status_code": "OK",
}


async def test_what_is_cut_short_is_answered_with_503_and_a_time_to_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWL_INGEST_OTLP_GRPC_PORT", "0")
    waiting = asyncio.Semaphore(0)

    async def hangs(messages: Sequence[Message]) -> None:
        waiting.release()
        await asyncio.Event().wait()

    async with embedded_deps(tmp_path / "home") as deps:
        monkeypatch.setattr(deps.log, "publish", hangs)
        app = build(deps)
        await app.start()
        server = Server(app, "127.0.0.1", 0)
        await server.start()
        url = f"http://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
            headers = {"content-type": "application/x-protobuf"}
            otlp = asyncio.create_task(client.post("/v1/traces", content=BODY, headers=headers))
            rest = asyncio.create_task(
                client.post("/v1/projects/p/spans", json={"data": [PHOENIX]})
            )
            for _ in range(2):
                await waiting.acquire()
            await server.stop()
            answers = await otlp, await rest
        await app.stop()
    assert [answer.status_code for answer in answers] == [503, 503]
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
    assert "try again" in Status.FromString(answers[0].content).message
    assert answers[1].headers["content-type"] == "application/problem+json"
