"""What the agent exports: one session a request, OpenInference spans, the config on every span."""

import json
from collections.abc import Callable, Mapping

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pawl_sdk.bundle import compile_bundle
from pawl_sdk.config import ConfigClient, Snapshot
from pawl_sdk.replay import ReplayApp

from examples.procurement.agent.config import AgentConfig
from examples.procurement.agent.deterministic import DeterministicReasoner
from examples.procurement.agent.ids import run_ids, trace_id_of
from examples.procurement.agent.names import AGENT
from examples.procurement.agent.runner import RunInput, Runner
from examples.procurement.agent.telemetry import tracer_provider
from examples.procurement.agent.tools import Systems
from examples.procurement.data import Case

Files = Mapping[str, str]


class Traced:
    """A runner whose spans end up in a list."""

    def __init__(self, case: Case) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = tracer_provider(AGENT, self.exporter)
        tracer = self.provider.get_tracer("test")
        self.runner = Runner(Systems.of(case.reference), DeterministicReasoner(), tracer)
        self.config = ConfigClient(agent=AGENT, build=AgentConfig.build, state_dir=None)

    def spans(self) -> list[ReadableSpan]:
        self.provider.force_flush()
        found = list(self.exporter.get_finished_spans())
        self.exporter.clear()
        return found


@pytest.fixture
def traced(case: Case) -> Traced:
    return Traced(case)


@pytest.fixture
def snapshot(files: Files, snapshot_of: Callable[[Files], Snapshot]) -> Snapshot:
    return snapshot_of(files)


async def run(traced: Traced, case: Case, snapshot: Snapshot, run_id: str) -> list[ReadableSpan]:
    asked = RunInput(**case.requests[0].model_dump())
    with traced.config.run_with(snapshot), run_ids(run_id):
        await traced.runner.run(asked, snapshot, f"session-{run_id}")
    return traced.spans()


async def test_a_run_is_one_trace_of_one_session_with_the_config_on_every_span(
    traced: Traced, case: Case, snapshot: Snapshot
) -> None:
    spans = await run(traced, case, snapshot, "r1")
    assert [(span.name, span.attributes["openinference.span.kind"]) for span in spans] == [
        ("reason", "CHAIN"),
        ("check_policy", "TOOL"),
        ("lookup_vendor", "TOOL"),
        ("check_budget", "TOOL"),
        ("reason", "CHAIN"),
        ("rules", "CHAIN"),
        (AGENT, "AGENT"),
    ]
    assert {span.attributes["session.id"] for span in spans} == {"session-r1"}
    assert {span.attributes["pawl.config.digest"] for span in spans} == {snapshot.digest}
    root = spans[-1]
    assert root.parent is None
    assert {span.parent.span_id for span in spans[:-1]} == {root.context.span_id}
    assert root.resource.attributes["openinference.project.name"] == AGENT


async def test_the_root_span_carries_input_answer_and_the_facts_of_the_rules(
    traced: Traced, case: Case, snapshot: Snapshot
) -> None:
    root = (await run(traced, case, snapshot, "r1"))[-1]
    given = json.loads(root.attributes["input.value"])
    assert given == {**case.requests[0].model_dump(mode="json"), "budget_committed": 0.0}
    answer = json.loads(root.attributes["output.value"])
    facts = json.loads(root.attributes["pawl.facts"])
    assert set(facts) == {"request", "vendor", "budget", "policy", "draft"}
    assert answer["decision"] == facts["draft"]["decision"]
    assert 0 <= answer["confidence"] <= 1
    assert answer["reasoning"]


async def test_a_run_that_is_done_again_has_the_same_span_ids(
    traced: Traced, case: Case, snapshot: Snapshot
) -> None:
    ids = [
        [(span.context.trace_id, span.context.span_id) for span in spans]
        for spans in (
            await run(traced, case, snapshot, "r1"),
            await run(traced, case, snapshot, "r1"),
            await run(traced, case, snapshot, "r2"),
        )
    ]
    assert ids[0] == ids[1]
    assert not set(ids[0]) & set(ids[2])
    assert f"{ids[0][0][0]:032x}" == trace_id_of("r1")


async def test_a_replay_gives_the_answer_of_the_candidate_and_leaves_no_span(
    traced: Traced, case: Case, files: Files
) -> None:
    rules = 'rules:\n- {id: all, when: "true", then: {decision: reject}, added: 2026-01-01}\n'
    bundle = compile_bundle(AGENT, {**files, "rules.yaml": rules})
    app = ReplayApp(traced.config, traced.runner.replay)
    inputs = [request.model_dump(mode="json") for request in case.requests[:3]]
    body = {"bundle": bundle.document(), "digest": bundle.digest, "inputs": [*inputs, {"id": 1}]}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://a") as client:
        results = (await client.post("/", json=body)).json()["results"]
    assert [result["output"]["decision"] for result in results[:3]] == ["reject"] * 3
    assert [result["tool_calls"] for result in results[:3]] == [3] * 3
    assert results[0]["facts"]["request"]["item"] == case.requests[0].item
    assert results[3]["output"] is None
    assert "ValidationError" in results[3]["error"]
    assert traced.spans() == []
