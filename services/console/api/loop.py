"""`/`: how the loop of one agent stands; `/loop/{run}`: how a run of it went."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from libs.contracts.api import ChannelPointer, ExampleCounts, ExperimentView, LedgerView
from libs.runtime.auth import check_agent
from services.console.adapters.curves_sql import StoredReport
from services.console.adapters.platform import Got
from services.console.adapters.views import Clusters, Instances, Proposals, Releases
from services.console.api.door import Viewer
from services.console.api.room import Room, chosen, segment
from services.console.domain.agreement import Graph, graph_of_releases, graph_of_report
from services.console.domain.curve import curve
from services.console.domain.ledger import test_lines

Agent = Annotated[str | None, Query(max_length=100)]
SHOWN = 8
COUNTED_ANEW = 6


@dataclass(frozen=True)
class _Standing:
    """Everything that other services know of one agent's loop."""

    pointer: Got[ChannelPointer]
    instances: Got[Instances]
    releases: Got[Releases]
    proposals: Got[Proposals]
    waiting: Got[Proposals]
    clusters: Got[Clusters]
    counts: Got[ExampleCounts]
    ledger: Got[LedgerView]
    proposed: Mapping[str, str]
    """By experiment whose evidence is gathered now the proposal that it tests."""


def loop_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def overview(
        viewer: Annotated[Viewer, Depends(room.viewer)], agent: Agent = None
    ) -> HTMLResponse:
        agents = await room.agents(viewer)
        name = chosen(agents, agent)
        if name is None:
            return room.show("empty.html", viewer, "loop", None, agents=agents)
        check_agent(viewer.principal, name)
        standing = await _standing(viewer, name)
        graph = await _graph(room, viewer, name, standing)
        reports = await room.curves.reports(name)
        return room.show(
            "loop.html",
            viewer,
            "loop",
            name,
            agents=agents,
            standing=standing,
            graph=graph,
            curve=curve(graph.series, graph.steps),
            served=_served(standing),
            tests=test_lines(standing.ledger.value),
            **_reported(reports),
        )

    @router.get("/loop/{run:path}")
    async def run_page(run: str, viewer: Annotated[Viewer, Depends(room.viewer)]) -> HTMLResponse:
        stored = await room.curves.report(run)
        if stored is None or not viewer.principal.allows_agent(stored.agent):
            missing: Got[Any] = Got(None, 404, f"there is no report of a run {run!r}")
            return room.problem(viewer, "loop", missing)
        graph = graph_of_report(stored.report)
        drawn = curve(graph.series, graph.steps)
        return room.show(
            "run.html", viewer, "loop", stored.agent, stored=stored, graph=graph, curve=drawn
        )

    return router


async def _standing(viewer: Viewer, agent: str) -> _Standing:
    get = viewer.platform.get
    path = f"/api/v1/agents/{segment(agent)}"
    registry = asyncio.gather(
        get("runtime_config", f"{path}/channels/production", ChannelPointer),
        get("runtime_config", f"{path}/instances", Instances),
        get("runtime_config", "/api/v1/releases", Releases, agent=agent, limit=100),
    )
    work = asyncio.gather(
        get("review_gate", "/api/v1/proposals", Proposals, agent=agent, limit=SHOWN),
        get("review_gate", "/api/v1/proposals", Proposals, agent=agent, state="open"),
        get("clustering", "/api/v1/clusters", Clusters, agent=agent, limit=100),
        get("experiments", "/api/v1/ledger", LedgerView, agent=agent),
    )
    pointer, instances, releases = await registry
    proposals, waiting, clusters, ledger = await work
    digest = pointer.value.digest if pointer.value else None
    counts = await _counts(viewer, agent, digest)
    proposed = await _proposed(viewer, ledger.value)
    return _Standing(
        pointer, instances, releases, proposals, waiting, clusters, counts, ledger, proposed
    )


async def _proposed(viewer: Viewer, ledger: LedgerView | None) -> Mapping[str, str]:
    entries = ledger.entries if ledger else ()
    open_ids = [one.experiment_id for one in entries if one.outcome == "open" and one.experiment_id]
    paths = [f"/api/v1/experiments/{segment(id_)}" for id_ in open_ids[:SHOWN]]
    found = await asyncio.gather(
        *(viewer.platform.get("experiments", path, ExperimentView) for path in paths)
    )
    return {got.value.experiment_id: got.value.proposal_id for got in found if got.value}


def _reported(reports: Sequence[StoredReport]) -> dict[str, Any]:
    """The newest report with its curve; `fresh` is its first and last fresh reading."""
    latest = reports[0] if reports else None
    graph = graph_of_report(latest.report) if latest else None
    fresh = next((s.readings for s in graph.series if s.name == "fresh"), ()) if graph else ()
    return {
        "latest": latest,
        "others": reports[1:],
        "run_graph": graph,
        "run_curve": curve(graph.series, graph.steps) if graph else None,
        "fresh": (fresh[0], fresh[-1]) if len(fresh) > 1 else None,
    }


def _served(standing: _Standing) -> Any:
    """The newest release of the digest that the channel points to."""
    pointer, releases = standing.pointer.value, standing.releases.value
    if pointer is None or releases is None:
        return None
    same = [one for one in releases.items if one.digest == pointer.digest]
    return max(same, key=lambda one: one.sequence) if same else None


async def _graph(room: Room, viewer: Viewer, agent: str, standing: _Standing) -> Graph:
    """People may still judge what an earlier release answered, so the newest are counted anew."""
    releases = standing.releases.value.items if standing.releases.value else ()
    order = sorted((one.sequence, one.digest) for one in releases)
    now = standing.counts.value
    past = {digest for _, digest in order[-COUNTED_ANEW:]} - {now and now.config_digest}
    counts = await asyncio.gather(*(_counts(viewer, agent, digest) for digest in past))
    for got in (standing.counts, *counts):
        if got.value is not None:
            await room.curves.remember(got.value, room.app.clock.now())
    return graph_of_releases(order, await room.curves.counted(agent))


async def _counts(viewer: Viewer, agent: str, digest: str | None) -> Got[ExampleCounts]:
    return await viewer.platform.get(
        "datasets", "/api/v1/examples/counts", ExampleCounts, agent=agent, config_digest=digest
    )
