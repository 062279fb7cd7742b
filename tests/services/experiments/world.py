"""A small world around the acceptor: an agent that obeys rules, its reviews, its config repo."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
from pawl_sdk.bundle import Bundle, RuleSet, compile_bundle, proposal_id

from libs.contracts.api import ChannelPointer, ConfigFiles, ExampleCounts, ExampleView, Page
from libs.contracts.events import ExampleRecorded, ProposalDrafted

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
        self.reviews: list[ExampleView] = []
        self.replays: list[tuple[str, str]] = []  # (digest, input id), each run of the agent
        self.behaviour: Behaviour = obey
        self.before_replay: Callable[[str], Awaitable[None]] | None = None
        self.replay_down = False
        self.gate_fails_with: int | None = None  # a status
        self.gate_asked = 0
        self.traces_from = 0

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
            "datasets": self._datasets,
            "review_gate": self._review_gate,
            "runtime_config": self._runtime_config,
            "replay": self._replay,
        }
        return {
            name: httpx.AsyncClient(transport=httpx.MockTransport(route), base_url="http://x")
            for name, route in routes.items()
        }

    async def _datasets(self, asked: httpx.Request) -> httpx.Response:
        head = len(self.reviews)
        if asked.url.path.endswith("/counts"):
            counts = ExampleCounts(agent=AGENT, config_digest=None, pending=0, n=head, head=head)
            return httpx.Response(200, content=counts.model_dump_json())
        after, through = (int(asked.url.params.get(key, head)) for key in ("after", "through"))
        limit = int(asked.url.params["limit"])
        items = tuple(self.reviews[after : min(through, after + limit)])
        more = str(after + limit) if after + limit < through else None
        page = Page[ExampleView](items=items, next_cursor=more)
        return httpx.Response(200, content=page.model_dump_json())

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

    def review(self, given: Mapping[str, Any], **changes: Any) -> ExampleView:
        """The agent ran on this input, a person judged it, and it has its place in the log."""
        position = len(self.reviews) + 1
        facts = {"request": dict(given), "draft": {"decision": "flag"}}
        fields = {
            "position": position,
            "review_id": f"fb-{position}",
            "example_key": given["id"],
            "agent": AGENT,
            "group": given["id"],
            "trace_id": f"{position + self.traces_from:032x}",
            "input": dict(given),
            "expected": truth(given),
            "answered": obey(self.served, given)["output"]["decision"],
            "base": "flag",
            "facts": facts,
            "reason": "because",
            "config_digest": self.served.digest,
            "recorded_at": START + timedelta(minutes=position),
        }
        view = ExampleView.model_validate(fields | changes)
        self.reviews.append(view)
        return view


def recorded(view: ExampleView) -> ExampleRecorded:
    """What datasets publishes of a review."""
    fields = set(ExampleRecorded.model_fields) - {"project"}
    return ExampleRecorded(**view.model_dump(include=fields), project=PROJECT)


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
        "learned_through": len(world.reviews) or None,
        "drafted_at": START,
    }
    return ProposalDrafted(**(fields | changes))
