"""A small world around datasets: an agent that says flag to everything, its traces and config."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pawl_sdk.bundle import Bundle, compile_bundle

from libs.contracts.api import ChannelPointer, SpanView, TraceSummary, TraceTree
from libs.contracts.events import FeedbackRecorded

AGENT = "procurement"
PROJECT = "demo"
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DEPARTMENTS = ("Engineering", "Marketing", "Sales", "Security")

AGENT_YAML = """\
name: procurement
model: claude
task: {label: decision, labels: [approve, reject, flag], group_by: [id]}
"""


def request(number: int) -> dict[str, Any]:
    return {"id": f"r{number:04}", "department": DEPARTMENTS[number % 4], "amount": number * 10}


def truth(given: Mapping[str, Any]) -> str:
    """What the reviewer wants; the base config says flag to everything."""
    return {"Security": "approve", "Marketing": "reject"}.get(given["department"], "flag")


class World:
    """Every other service, as datasets sees it over HTTP."""

    def __init__(self, agent_yaml: str = AGENT_YAML) -> None:
        self.served = compile_bundle(AGENT, {"agent.yaml": agent_yaml})
        self.traces: dict[str, TraceTree] = {}

    def serve(self, agent_yaml: str) -> Bundle:
        """Release another config."""
        self.served = compile_bundle(AGENT, {"agent.yaml": agent_yaml})
        return self.served

    def clients(self) -> dict[str, httpx.AsyncClient]:
        routes = {"traces": self._traces, "runtime_config": self._runtime_config}
        return {
            name: httpx.AsyncClient(transport=httpx.MockTransport(route), base_url="http://x")
            for name, route in routes.items()
        }

    async def _traces(self, asked: httpx.Request) -> httpx.Response:
        tree = self.traces.get(asked.url.path.rpartition("/")[2])
        if tree is None or asked.url.params["project"] != PROJECT:
            return httpx.Response(404)
        return httpx.Response(200, content=tree.model_dump_json())

    async def _runtime_config(self, asked: httpx.Request) -> httpx.Response:
        if asked.url.path.startswith("/api/v1/bundles/"):
            return httpx.Response(200, content=self.served.canonical_bytes())
        if asked.url.path.split("/")[4] != AGENT:
            return httpx.Response(404)
        pointer = ChannelPointer(
            agent=AGENT, channel="production", generation=1, digest=self.served.digest,
            moved_at=START,
        )  # fmt: skip
        return httpx.Response(200, content=pointer.model_dump_json())

    def run_agent(self, given: Mapping[str, Any], trace_id: str) -> None:
        """The agent ran on this input and its trace is stored."""
        self.traces[trace_id] = trace(given, {"decision": "flag"}, trace_id, self.served.digest)


def trace(given: Any, output: Any, trace_id: str, digest: str | None) -> TraceTree:
    """A trace of one root span with facts."""
    root = SpanView(
        project=PROJECT,
        trace_id=trace_id,
        span_id="1" * 16,
        parent_span_id=None,
        name="agent",
        kind="AGENT",
        status="OK",
        started_at=START,
        ended_at=START + timedelta(seconds=1),
        duration_ms=1000,
        agent=AGENT,
        config_digest=digest,
        input=json.dumps(given),
        output=json.dumps(output),
        attributes={"pawl.facts": json.dumps({"request": given, "draft": {"decision": "flag"}})},
    )
    summary = TraceSummary(
        project=PROJECT,
        trace_id=trace_id,
        session_id=None,
        user_id=None,
        agent=AGENT,
        root_name="agent",
        status="OK",
        started_at=START,
        duration_ms=1000,
        span_count=1,
        error_count=0,
        tokens_total=0,
        cost_usd=0.0,
        config_digest=digest,
        complete=True,
    )
    return TraceTree(summary=summary, spans=(root,))


def feedback(
    given: Mapping[str, Any], trace_id: str, expected: Any = None, **changes: Any
) -> FeedbackRecorded:
    """A reviewer's override of one run; `expected` defaults to the truth."""
    fields: dict[str, Any] = {
        "feedback_id": f"fb-{trace_id}",
        "project": PROJECT,
        "agent": AGENT,
        "trace_id": trace_id,
        "kind": "override",
        "author": "reviewer",
        "expected": {"decision": truth(given)} if expected is None else expected,
        "reason": "because",
        "example_key": given["id"],
        "recorded_at": START + timedelta(minutes=int(trace_id[-6:], 16) % 1000),
    }
    return FeedbackRecorded(**(fields | changes))
