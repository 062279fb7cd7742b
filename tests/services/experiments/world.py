"""A small world around the acceptor: an agent that obeys rules, its traces, its config repo."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
from pawl_sdk.bundle import Bundle, RuleSet, compile_bundle, proposal_id

from libs.contracts.api import ChannelPointer, ConfigFiles, SpanView, TraceSummary, TraceTree
from libs.contracts.events import FeedbackRecorded, ProposalDrafted

AGENT = "procurement"
PROJECT = "demo"
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
BASE_COMMIT = "a" * 40
DEPARTMENTS = ("Engineering", "Marketing", "Sales", "Security")
REPLAY_URL = "http://127.0.0.1:9/replay/x"

AGENT_YAML = """\
name: procurement
model: claude
task: {label: decision, labels: [approve, reject, flag], group_by: [id]}
"""


def rule(rule_id: str, when: str, decision: str, extra: Mapping[str, Any] | None = None) -> Any:
    """An edit that adds one rule."""
    then = {"decision": decision, **(extra or {})}
    return {
        "op": "add_rule",
        "rule": {"id": rule_id, "when": when, "then": then, "added": "2026-01-05"},
    }


SECURITY = rule("security", "request.department == 'Security'", "approve")
MARKETING = rule("marketing", "request.department == 'Marketing'", "reject")
USELESS = rule("useless", "request.department == 'Legal'", "approve")
HARMFUL = rule("harmful", "request.department == 'Sales'", "reject")


def request(number: int) -> dict[str, Any]:
    return {"id": f"r{number:04}", "department": DEPARTMENTS[number % 4], "amount": number * 10}


def truth(given: Mapping[str, Any]) -> str:
    """What the reviewer wants; the base config says flag to everything."""
    return {"Security": "approve", "Marketing": "reject"}.get(given["department"], "flag")


Behaviour = Callable[[Bundle, Mapping[str, Any]], dict[str, Any]]


def obey(bundle: Bundle, given: Mapping[str, Any]) -> dict[str, Any]:
    """One replay result of an agent whose draft is always `flag`."""
    facts = {"request": given, "draft": {"decision": "flag"}}
    answer = RuleSet(bundle.rules).evaluate(facts, date(2026, 1, 6)).answer
    error = "told to fail" if answer.get("fail") else None
    return {
        "output": None if error else answer,
        "error": error,
        "latency_ms": float(answer.get("latency_ms", 12.0)),
        "tokens": int(answer.get("tokens", 100)),
        "tool_calls": 3,
    }


class World:
    """Every other service, as the acceptor sees it over HTTP."""

    def __init__(self, agent_yaml: str = AGENT_YAML) -> None:
        self.commits: dict[str, dict[str, str]] = {BASE_COMMIT: {"agent.yaml": agent_yaml}}
        self.served_commit = BASE_COMMIT
        self.traces: dict[str, TraceTree] = {}
        self.replays: list[tuple[str, str]] = []  # (digest, input id), each run of the agent
        self.behaviour: Behaviour = obey
        self.before_replay: Callable[[str], Awaitable[None]] | None = None
        self.replay_down = False
        self.gate_fails_with: int | None = None  # a status
        self.gate_asked = 0

    @property
    def served(self) -> Bundle:
        return compile_bundle(AGENT, self.commits[self.served_commit])

    def serve(self, commit: str, files: dict[str, str]) -> Bundle:
        """Release other files."""
        self.commits[commit] = files
        self.served_commit = commit
        return self.served

    def clients(self) -> dict[str, httpx.AsyncClient]:
        routes = {
            "traces": self._traces,
            "review_gate": self._review_gate,
            "runtime_config": self._runtime_config,
            "replay": self._replay,
        }
        return {
            name: httpx.AsyncClient(transport=httpx.MockTransport(route), base_url="http://x")
            for name, route in routes.items()
        }

    async def _traces(self, asked: httpx.Request) -> httpx.Response:
        tree = self.traces.get(asked.url.path.rpartition("/")[2])
        if tree is None or asked.url.params["project"] != PROJECT:
            return httpx.Response(404)
        return httpx.Response(200, content=tree.model_dump_json())

    async def _review_gate(self, asked: httpx.Request) -> httpx.Response:
        self.gate_asked += 1
        if self.gate_fails_with is not None:
            return httpx.Response(self.gate_fails_with, text="no gate here")
        files = self.commits.get(asked.url.params["ref"])
        if files is None:
            return httpx.Response(404)
        digest = compile_bundle(AGENT, files).digest
        body = ConfigFiles(agent=AGENT, commit=asked.url.params["ref"], digest=digest, files=files)
        return httpx.Response(200, content=body.model_dump_json())

    async def _runtime_config(self, asked: httpx.Request) -> httpx.Response:
        if asked.url.path.startswith("/api/v1/bundles/"):
            bundles = [compile_bundle(AGENT, files) for files in self.commits.values()]
            found = [b for b in bundles if asked.url.path.endswith(b.digest)]
            return httpx.Response(200, content=found[0].canonical_bytes())
        pointer = ChannelPointer(
            agent=AGENT, channel="production", generation=1, digest=self.served.digest,
            moved_at=START,
        )  # fmt: skip
        return httpx.Response(200, content=pointer.model_dump_json())

    async def _replay(self, asked: httpx.Request) -> httpx.Response:
        body = json.loads(asked.content)
        if self.before_replay is not None:
            await self.before_replay(body["digest"])
        if self.replay_down:
            return httpx.Response(503, text="no agent here")
        bundle = Bundle.from_document(body["bundle"])
        self.replays += [(bundle.digest, given["id"]) for given in body["inputs"]]
        results = [self.behaviour(bundle, given) for given in body["inputs"]]
        return httpx.Response(200, json={"digest": bundle.digest, "results": results})

    def run_agent(self, given: Mapping[str, Any], trace_id: str) -> None:
        """The agent ran on this input and its trace is stored."""
        result = obey(self.served, given)
        self.traces[trace_id] = trace(given, result["output"], trace_id, self.served.digest)


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


def proposal(
    world: World, edits: Sequence[dict[str, Any]], run: str = "run-1", **changes: Any
) -> ProposalDrafted:
    """What a miner would draft on the served config."""
    fields: dict[str, Any] = {
        "proposal_id": proposal_id(AGENT, world.served_commit, edits),
        "agent": AGENT,
        "mining_run_id": run,
        "base_commit": world.served_commit,
        "base_digest": world.served.digest,
        "title": "Rules",
        "hypothesis": "The reviewer knows",
        "author": "statistical",
        "edits": tuple(edits),
        "diff": "",
        "drafted_at": START,
    }
    return ProposalDrafted(**(fields | changes))
