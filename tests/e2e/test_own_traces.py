"""Pawl's own spans, sent to Pawl: one trace runs from the door to the release, and it ends."""

import asyncio
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.local.process import free_port
from libs.testkit.processes import PawlProcess, endpoints
from tests.faults.buyer import buyer
from tests.faults.loop_promises import miscounted, unproven
from tests.faults.people import People, agent_name
from tests.faults.promises import until

RUNS = 110
FAILED_RUNS = 12
SECONDS_MAX = 60.0
POSTS = 2
"""Requests to the door that the test makes; each is a trace."""
WAY = (
    "POST /v1/traces",
    "traces handle otlp_spans",
    "traces complete",
    "evaluators handle trace-completed-v1",
    "clustering handle evaluation-recorded-v1",
    "clustering refresh",
    "miner handle cluster-updated-v1",
    "miner draft",
    "experiments handle proposal-drafted-v1",
    "experiments test",
    "review_gate handle experiment-finished-v2",
    "review_gate decide",
    "runtime_config handle proposal-decided-v1",
    "runtime_config release",
    "experiments handle config-released-v1",
)
pytestmark = pytest.mark.timeout(180)


@dataclass(frozen=True)
class Address:
    url: str


class Embedded(dict[str, Address]):
    """Every service is behind one address, but for the door."""

    def __missing__(self, name: str) -> Address:
        return self["api"]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Embedded]:
    door = free_port()
    process = PawlProcess(
        tmp_path / "up.log",
        *("up", "--home", str(tmp_path / "home"), "--port", "0"),
        *("--otlp-http-port", str(door), "--otlp-grpc-port", "0"),
        PAWL_TRACE_ENDPOINT=f"http://127.0.0.1:{door}",
        PAWL_TRACES_QUIET_SECONDS="0.5",
        OTEL_BSP_SCHEDULE_DELAY="200",
    )
    try:
        where = endpoints(tmp_path / "home", process)
        yield Embedded(api=Address(where["api"]), ingest=Address(where["otlp_http"]))
    finally:
        process.terminate()


async def test_one_trace_runs_from_the_door_to_the_release(services: Embedded) -> None:
    agent, run_id, trace_id = agent_name(), uuid.uuid4().hex, secrets.token_hex(16)
    async with People(services, seed=1, project="shop") as people:
        await people.import_config(agent)
        await people.run(agent, RUNS)
        for one in list(people.runs):
            await people.say(agent, one)
        await until(lambda: miscounted(people, agent), SECONDS_MAX)
        cause = f"00-{trace_id}-{secrets.token_hex(8)}-01"
        await people.run(agent, FAILED_RUNS, RUNS, answer="", cause=cause)
        await until(lambda: not_clustered(people, agent), SECONDS_MAX)
        with buyer(services, agent):
            await people.mine(agent, run_id)

            async def wrong() -> str:
                await people.approve_what_is_open(agent)
                return await unproven(people, agent, run_id)

            await until(wrong, SECONDS_MAX)
        await until(lambda: missing(people, trace_id), SECONDS_MAX)
        await asyncio.sleep(2)  # long enough for spans about spans, if there were any
        assert await own_traces(people, name="POST /v1/traces") == POSTS
        assert await own_traces(people, name="traces handle otlp_spans") == POSTS


async def not_clustered(people: People, agent: str) -> str:
    """Empty once the runs that failed an evaluation are a cluster."""
    found = await people.read("clustering", "/api/v1/clusters", agent=agent, status="open")
    failures = [one["failure"] for one in found["items"]]
    return "" if any(one.startswith("evaluation:") for one in failures) else f"only {failures}"


async def missing(people: People, trace_id: str) -> str:
    """Empty once the trace shows the whole way."""
    spans = await own_spans(people, trace_id)
    lacks = [name for name in WAY if name not in {one["name"] for one in spans}]
    return f"no {lacks} among {len(spans)} spans" if lacks else ""


async def own_spans(people: People, trace_id: str) -> list[dict[str, Any]]:
    """Of Pawl's own project."""
    if not await own_traces(people, name="POST /v1/traces"):
        return []
    tree = await people.read("traces", f"/api/v1/traces/{trace_id}", project="pawl")
    spans: list[dict[str, Any]] = tree["spans"]
    return spans


async def own_traces(people: People, **query: str) -> int:
    """How many of Pawl's own traces have a span of the name."""
    found = await people.read("traces", "/api/v1/traces", project="pawl", limit="1000", **query)
    return len(found["items"])
