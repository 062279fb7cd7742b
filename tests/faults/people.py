"""People and agents of the loop: they import config, run, give their word, and try again."""

import asyncio
import json
import random
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol

import httpx
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from libs.testkit.otlp import described, export_request
from tests.faults.load import SECOND_NS, Sent

TRY_SECONDS_MAX = 60.0
BAD_VENDOR = "Acme"
APPROVED = json.dumps({"decision": "approve"})
AGENT_YAML = """name: {agent}
task:
  label: decision
  labels: [approve, reject]
  group_by: [id]
"""


class Served(Protocol):
    """A service that answers."""

    @property
    def url(self) -> str: ...


class Services(Protocol):
    """By name."""

    def __getitem__(self, name: str, /) -> Served: ...


def agent_name() -> str:
    """An agent of the test's own."""
    return f"buyer-{uuid.uuid4().hex[:8]}"


class People:
    """Calls of the public API; each is made again until it is answered, as clients do."""

    def __init__(self, services: Services, seed: int, project: str) -> None:
        self._services = services
        # Of each test its own traces: a feedback's id, which is made of them, counts once for all.
        test = project.rpartition("-")[0]
        self._random = random.Random(f"people {seed} {test}")
        self._client = httpx.AsyncClient(timeout=30, trust_env=False)
        self.project = project
        self.sent = Sent()
        self.runs: dict[str, dict[str, Any]] = {}
        """Inputs of the agent's runs by trace id."""
        self.asking: Counter[str] = Counter()
        """Calls that change something and wait for an answer, by service."""
        self.cut: Counter[str] = Counter()
        """Such calls that ended in the middle, by service."""

    async def __aenter__(self) -> "People":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def import_config(self, agent: str) -> None:
        files = {"agent.yaml": AGENT_YAML.format(agent=agent), "rules.yaml": "rules: []\n"}
        body = {"files": files, "author": "ada", "message": "first config"}
        await self._insist("review_gate", "PUT", f"/api/v1/config-repo/{agent}", json=body)

    async def run(
        self, agent: str, count: int, first: int = 0, *, answer: str = APPROVED, cause: str = ""
    ) -> None:
        """Runs of an agent that approves everything, on requests from number `first` on."""
        spans = [self._run(agent, number, answer) for number in range(first, first + count)]
        body = export_request(*spans, openinference__project__name=self.project)
        headers = {"content-type": "application/x-protobuf"}
        headers |= {"traceparent": cause} if cause else {}
        content = body.SerializeToString()
        await self._insist("ingest", "POST", "/v1/traces", content=content, headers=headers)
        for span in spans:
            self.sent.spans[span.trace_id.hex()] = {span.span_id.hex()}

    async def say(self, agent: str, trace_id: str) -> None:
        """A reviewer's word on one run: the bad vendor's should have been rejected."""
        document = self.runs[trace_id]
        wrong = document["vendor"] == BAD_VENDOR
        word = {
            "feedback_id": f"word-{trace_id}",
            "project": self.project,
            "agent": agent,
            "trace_id": trace_id,
            "kind": "override" if wrong else "confirmation",
            "author": "ada",
            "expected": "reject" if wrong else "approve",
            "example_key": document["id"],
        }
        await self._insist("traces", "POST", "/api/v1/feedback", json=[word])

    async def mine(self, agent: str, run_id: str) -> None:
        body = {"agent": agent, "mining_run_id": run_id}
        await self._insist("miner", "POST", "/api/v1/mining-runs", json=body)

    async def approve_what_is_open(self, agent: str) -> None:
        """Reads and approves, as a person who trusts the test does."""
        for one in await self.what_is_open(agent):
            await self.approve(one)

    async def what_is_open(self, agent: str) -> list[dict[str, Any]]:
        """Proposals that wait for a person, and can be approved."""
        found = await self.read("review_gate", "/api/v1/proposals", agent=agent, state="open")
        return [one for one in found["items"] if one["head_commit"]]

    async def approve(self, one: Mapping[str, Any]) -> None:
        body = {
            "decision": "approve",
            "reviewer": "ada",
            "head_commit": one["head_commit"],
            "reason": "the sealed test holds",
        }
        path = f"/api/v1/proposals/{one['proposal']['proposal_id']}/decision"
        await self._insist("review_gate", "POST", path, json=body)

    async def read(self, service: str, path: str, **query: str) -> Any:
        return (await self._insist(service, "GET", path, params=query)).json()

    def _run(self, agent: str, number: int, answer: str) -> Span:
        document = {"id": f"r{number}", "vendor": BAD_VENDOR if number % 3 == 0 else "Birch"}
        trace_id = self._random.randbytes(16)
        self.runs[trace_id.hex()] = document
        started_ns = time.time_ns()
        span = Span(
            trace_id=trace_id,
            span_id=self._random.randbytes(8),
            name="buy",
            kind=Span.SPAN_KIND_INTERNAL,
            start_time_unix_nano=started_ns,
            end_time_unix_nano=started_ns + SECOND_NS,
        )
        attributes: Mapping[str, object] = {
            "openinference.span.kind": "AGENT",
            "input.value": json.dumps(document),
            "output.value": answer,
            "pawl.agent": agent,
            "pawl.facts": json.dumps({"request": document}),
        }
        return described(span, attributes)

    async def _insist(self, service: str, method: str, path: str, **what: Any) -> httpx.Response:
        """No answer, or one that says to come back, is no refusal."""
        deadline = time.monotonic() + TRY_SECONDS_MAX
        url = f"{self._services[service].url}{path}"
        changes = method != "GET"
        while True:
            self.asking[service] += changes
            try:
                answer = await self._client.request(method, url, **what)
            except httpx.TransportError as error:
                found = repr(error)
                self.cut[service] += changes and not isinstance(error, httpx.ConnectError)
            else:
                if answer.is_success:
                    return answer
                found = f"{answer.status_code} {answer.text}"
                assert answer.status_code in (429, 503), found
            finally:
                self.asking[service] -= changes
            assert time.monotonic() < deadline, f"{method} {url}: {found}"
            await asyncio.sleep(0.1)
