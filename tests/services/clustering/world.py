"""What clustering sees of the other services, and what they say."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx

from libs.contracts.api import ExampleView
from libs.contracts.events import EvaluationRecorded, ExampleRecorded
from libs.runtime import App

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AGENT = "buyer"
ACME = {"id": "q1", "vendor": "Acme"}


class Platform:
    """The other services, as far as clustering asks them."""

    def __init__(self) -> None:
        self.examples: list[ExampleView] = []
        self.inputs: dict[str, dict[str, Any]] = {}

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/api/v1/examples":
            items = [one.model_dump(mode="json") for one in self.examples]
            return httpx.Response(200, json={"items": items, "next_cursor": None})
        document = self.inputs.get(path.rsplit("/", 1)[-1])
        return httpx.Response(404) if document is None else httpx.Response(200, json=tree(document))

    def clients(self) -> dict[str, httpx.AsyncClient]:
        transport = httpx.MockTransport(self.answer)
        names = ("datasets", "traces")
        return {n: httpx.AsyncClient(transport=transport, base_url=f"http://{n}") for n in names}


def tree(document: dict[str, Any]) -> dict[str, Any]:
    at = NOW.isoformat()
    summary = {
        "project": "p",
        "trace_id": "1" * 32,
        "session_id": None,
        "user_id": None,
        "agent": AGENT,
        "root_name": "r",
        "status": "OK",
        "started_at": at,
        "duration_ms": 1.0,
        "span_count": 1,
        "error_count": 0,
        "tokens_total": 0,
        "cost_usd": 0.0,
        "config_digest": None,
        "complete": True,
    }
    span = {
        "project": "p",
        "trace_id": "1" * 32,
        "span_id": "2" * 16,
        "parent_span_id": None,
        "name": "r",
        "kind": "AGENT",
        "status": "OK",
        "started_at": at,
        "ended_at": at,
        "duration_ms": 1.0,
        "input": json.dumps(document),
        "attributes": {"pawl.facts": json.dumps({"request": document})},
    }
    return {"summary": summary, "spans": [span]}


def example(number: int, wrong: bool, position: int = 0) -> ExampleView:
    vendor = "Acme" if wrong else "Birch"
    return ExampleView(
        position=position or number + 1,
        review_id=f"f{position or number + 1}",
        example_key=f"r{number}",
        agent=AGENT,
        group=f"g{number}",
        trace_id=f"{number:032x}",
        input={"id": number},
        expected="reject" if wrong else "approve",
        answered="approve",
        facts={"request": {"vendor": vendor, "amount": number}},
        recorded_at=NOW,
    )


def recorded(number: int) -> ExampleRecorded:
    return ExampleRecorded(
        agent=AGENT,
        position=number + 1,
        review_id=f"f{number + 1}",
        example_key=f"r{number}",
        project="p",
        group=f"g{number}",
        trace_id=f"{number:032x}",
        expected="reject",
        answered="approve",
        recorded_at=NOW,
    )


def failed(trace_id: str, passed: bool = False, agent: str = AGENT) -> EvaluationRecorded:
    return EvaluationRecorded(
        evaluation_id=f"e-{trace_id}",
        project="p",
        agent=agent,
        trace_id=trace_id,
        target="trace",
        evaluator="tool_error",
        evaluator_version="1",
        kind="code",
        status="ok",
        label="error",
        passed=passed,
        evaluated_at=NOW,
    )


async def clusters(app: App, path: str = "/api/v1/clusters") -> Any:
    transport = httpx.ASGITransport(app.api)
    async with httpx.AsyncClient(transport=transport, base_url="http://c") as client:
        return (await client.get(path)).json()
