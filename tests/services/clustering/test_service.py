"""The service on a real log: feedback and failed evaluations become clusters, once."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pawl_sdk.bundle import compile_bundle

from libs.contracts.api import ExampleView
from libs.contracts.events import ClusterUpdated, EvaluationRecorded, FeedbackRecorded
from libs.contracts.splits import group_of, split_of
from libs.contracts.topics import CLUSTER_UPDATED, EVALUATION_RECORDED, FEEDBACK_RECORDED
from libs.runtime import App, Deps
from libs.testkit.apps import embedded_deps
from libs.testkit.eventlog_suite import Collector, eventually
from services.clustering.main import build

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AGENT = "buyer"
SPEC = """
name: buyer
model: none
task:
  label: decision
  labels: [approve, reject]
  group_by: [id]
"""
pytestmark = pytest.mark.usefixtures("either_database")


def in_split(wanted: str) -> dict[str, Any]:
    """An input that falls into the split."""
    for number in range(200):
        document = {"id": f"q{number}", "vendor": "Acme"}
        if split_of(AGENT, group_of(document, ("id",))) == wanted:
            return document
    raise AssertionError(wanted)


class Platform:
    """The other services, as far as clustering asks them."""

    def __init__(self) -> None:
        self.bundle = compile_bundle(AGENT, {"agent.yaml": SPEC, "rules.yaml": "rules: []\n"})
        self.examples: list[ExampleView] = []
        self.inputs: dict[str, dict[str, Any]] = {}

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/api/v1/examples":
            items = [one.model_dump(mode="json") for one in self.examples]
            return httpx.Response(200, json={"items": items, "next_cursor": None})
        if "/channels/" in path and f"/{AGENT}/" not in path:
            return httpx.Response(422)
        if "/channels/" in path:
            pointer = {"agent": AGENT, "channel": "production", "generation": 1}
            pointer |= {"digest": self.bundle.digest, "moved_at": NOW.isoformat()}
            return httpx.Response(200, json=pointer)
        if path.startswith("/api/v1/bundles/"):
            return httpx.Response(200, content=self.bundle.canonical_bytes())
        document = self.inputs.get(path.rsplit("/", 1)[-1])
        return httpx.Response(404) if document is None else httpx.Response(200, json=tree(document))

    def clients(self) -> dict[str, httpx.AsyncClient]:
        transport = httpx.MockTransport(self.answer)
        names = ("experiments", "traces", "runtime_config")
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


def example(number: int, wrong: bool) -> ExampleView:
    vendor = "Acme" if wrong else "Birch"
    return ExampleView(
        example_key=f"r{number}",
        agent=AGENT,
        group=f"g{number}",
        split="mine",
        trace_id=f"{number:032x}",
        input={"id": number},
        expected="reject" if wrong else "approve",
        answered="approve",
        facts={"request": {"vendor": vendor, "amount": number}},
    )


def feedback(number: int) -> FeedbackRecorded:
    return FeedbackRecorded(
        feedback_id=f"f{number}",
        project="p",
        agent=AGENT,
        trace_id=f"{number:032x}",
        kind="override",
        author="x",
        expected={"decision": "reject"},
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


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
async def deps(tmp_path: Path, platform: Platform) -> AsyncIterator[Deps]:
    async with embedded_deps(tmp_path, platform.clients()) as found:
        yield found


async def clusters(app: App, path: str = "/api/v1/clusters") -> Any:
    transport = httpx.ASGITransport(app.api)
    async with httpx.AsyncClient(transport=transport, base_url="http://c") as client:
        return (await client.get(path)).json()


async def test_feedback_becomes_clusters_and_events(deps: Deps, platform: Platform) -> None:
    platform.examples = [example(n, wrong=n % 3 == 0) for n in range(30)]
    app = build(deps)
    seen = Collector()
    await deps.log.subscribe(CLUSTER_UPDATED.name, "test", seen)
    await app.start()
    await App("traces", deps).publish([feedback(n) for n in range(3)])
    await seen.until(1)
    event = ClusterUpdated.model_validate_json(seen.values[0])
    assert (event.agent, event.size, event.failure) == (AGENT, 10, "override:approve->reject")
    [listed] = (await clusters(app))["items"]
    assert listed["cluster_id"] == event.cluster_id
    assert (await clusters(app, f"/api/v1/clusters/{event.cluster_id}"))["size"] == 10
    assert (await clusters(app, "/api/v1/clusters?status=resolved"))["items"] == []
    assert (await clusters(app, "/api/v1/clusters/none"))["status"] == 404

    platform.examples = [example(n, wrong=False) for n in range(30)]
    await App("traces", deps).publish([feedback(5)])
    await seen.until(2)
    assert ClusterUpdated.model_validate_json(seen.values[1]).status == "resolved"
    await app.stop()


async def test_failed_evaluations_count_only_in_the_mine_split(
    deps: Deps, platform: Platform
) -> None:
    app = build(deps)
    await app.start()
    traces = {name: f"{n:032x}" for n, name in enumerate(("mine", "select", "sealed", "mine2"))}
    for name, trace_id in traces.items():
        platform.inputs[trace_id] = in_split(name.rstrip("2"))
    await App("evaluators", deps).publish([failed(one) for one in traces.values()])

    async def found() -> bool:
        items = (await clusters(app))["items"]
        return bool(items) and items[0]["size"] == 2

    await eventually(found)
    members = (await clusters(app))["items"][0]["members"]
    assert set(members) == {traces["mine"], traces["mine2"]}

    await App("evaluators", deps).publish([failed(traces["mine2"], passed=True)])

    async def gone() -> bool:
        return (await clusters(app))["items"][0]["status"] == "resolved"

    await eventually(gone)
    await app.stop()


async def test_what_fails_and_then_passes_at_once_is_no_failure(
    deps: Deps, platform: Platform
) -> None:
    mine, *others = (f"{n:032x}" for n in range(3))
    platform.inputs = {one: in_split("mine") for one in (mine, *others)}
    app = build(deps)
    events = [failed(mine), failed(mine, passed=True), *map(failed, others)]
    await App("evaluators", deps).publish(events)
    await app.start()

    async def dealt_with() -> bool:
        return await deps.log.lag("clustering", EVALUATION_RECORDED.name) == 0

    await eventually(dealt_with)

    async def found() -> bool:
        items = (await clusters(app))["items"]
        return bool(items) and set(items[0]["members"]) == set(others)

    await eventually(found)
    await app.stop()


async def test_an_agent_may_be_called_what_no_config_can_be_called(
    deps: Deps, platform: Platform
) -> None:
    """Frameworks name agents freely: their failures are grouped, nobody else waits for them."""
    traces = [f"{n:032x}" for n in range(60)]
    platform.inputs = {one: {"id": one} for one in traces}
    app = build(deps)
    await app.start()
    names = ("Support Agent", "../releases", "a\x7f\x00", "long" * 100)
    events = [failed(f"{n:032x}", agent=names[n % 4]) for n in range(60)]
    await App("evaluators", deps).publish(events)

    async def grouped() -> bool:
        found = {one["agent"] for one in (await clusters(app))["items"]}
        return found == {"Support Agent", "../releases"}

    async def dealt_with() -> bool:
        return await deps.log.lag("clustering", EVALUATION_RECORDED.name) == 0

    await eventually(grouped)
    await eventually(dealt_with)
    letters = Collector()
    await deps.log.subscribe(EVALUATION_RECORDED.dead_letter_name, "test", letters)
    await asyncio.sleep(0.2)
    assert letters.values == []
    await app.stop()


async def test_a_word_that_becomes_an_example_late_is_clustered_all_the_same(
    deps: Deps, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWL_CLUSTERING_REFRESH_SECONDS", "0.05")
    monkeypatch.setenv("PAWL_CLUSTERING_LOOK_AGAIN_SECONDS", "0.1")
    app = build(deps)
    await app.start()
    await App("traces", deps).publish([feedback(0)])

    async def heard() -> bool:
        return await deps.log.lag("clustering", FEEDBACK_RECORDED.name) == 0

    await eventually(heard)
    await asyncio.sleep(0.5)
    assert (await clusters(app))["items"] == []
    platform.examples = [example(n, wrong=n % 3 == 0) for n in range(30)]
    await asyncio.sleep(0.5)
    assert (await clusters(app))["items"] == [], "experiments has not committed: more may come"
    await deps.log.subscribe(FEEDBACK_RECORDED.name, "experiments", Collector())

    async def found() -> bool:
        return [one["size"] for one in (await clusters(app))["items"]] == [10]

    await eventually(found)
    await app.stop()


async def test_a_restart_publishes_nothing_twice(
    tmp_path: Path, deps: Deps, platform: Platform
) -> None:
    platform.examples = [example(n, wrong=n % 3 == 0) for n in range(30)]
    seen = Collector()
    await deps.log.subscribe(CLUSTER_UPDATED.name, "test", seen)
    for _ in range(2):
        app = build(deps)
        await app.start()
        await App("traces", deps).publish([feedback(1)])

        async def settled(service: App = app) -> bool:
            lag = await deps.log.lag("clustering", "feedback-recorded-v1")
            return lag == 0 and bool((await clusters(service))["items"])

        await eventually(settled)
        await app.stop()
    assert len({record.headers["ce_id"] for record in seen.records}) == len(seen.records) == 1
