"""`/proposals` and `/proposals/{id}`: read in two minutes, decide over the public API."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from libs.contracts.api import DecisionView, ExperimentView, ProposalView
from libs.contracts.api.proposals import ProposalState
from libs.contracts.hunks import Hunk, left_out, tested_hunks
from services.console.adapters.platform import Got
from services.console.adapters.views import Proposals, RegistryDecisions
from services.console.api.door import Viewer, require_same_origin
from services.console.api.forms import read_form
from services.console.api.room import Room, segment
from services.console.api.testing import tests_of
from services.console.domain.diff import count_changes, diff_lines
from services.console.domain.ledger import nearness

FIELDS = ("decision", "reviewer", "head_commit", "reason")
Text = Annotated[str | None, Query(max_length=200)]


def proposals_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    viewing = Depends(room.viewer)

    @router.get("/proposals")
    async def proposals(
        viewer: Annotated[Viewer, viewing],
        agent: Text = None,
        state: ProposalState | None = None,
        mining_run_id: Text = None,
        cursor: Text = None,
    ) -> HTMLResponse:
        filters = {"agent": agent, "state": state, "mining_run_id": mining_run_id}
        got = await viewer.platform.get(
            "review_gate", "/api/v1/proposals", Proposals, cursor=cursor, limit=25, **filters
        )
        if got.value is None:
            return room.problem(viewer, "proposals", got)
        testing = await tests_of(viewer, got.value.items)
        return room.show(
            "proposals.html",
            viewer,
            "proposals",
            agent,
            page=got.value,
            filters=filters,
            testing=testing,
        )

    @router.get("/proposals/{proposal_id}")
    async def proposal(viewer: Annotated[Viewer, viewing], proposal_id: str) -> HTMLResponse:
        got = await _read(viewer, proposal_id)
        if got.value is None:
            return room.problem(viewer, "proposals", got)
        registry = await _registry(viewer, got.value)
        testing = (await tests_of(viewer, [got.value])).get(got.value.proposal.proposal_id)
        return _page(room, viewer, got.value, 200, None, registry, testing)

    @router.post("/proposals/{proposal_id}", dependencies=[Depends(require_same_origin)])
    async def decide(
        viewer: Annotated[Viewer, viewing], proposal_id: str, request: Request
    ) -> Response:
        form = await read_form(request)
        body = {name: form.get(name, "").strip() for name in FIELDS}
        path = f"/api/v1/proposals/{segment(proposal_id)}/decision"
        done = await viewer.platform.post("review_gate", path, ProposalView, body)
        if done.value is not None:
            return RedirectResponse(f"/proposals/{segment(proposal_id)}", status_code=303)
        got = await _read(viewer, proposal_id)
        if got.value is None:
            return room.problem(viewer, "proposals", got)
        status = done.status if done.status >= 400 else 502
        return _page(room, viewer, got.value, status=status, refused=done.problem)

    return router


async def _read(viewer: Viewer, proposal_id: str) -> Got[ProposalView]:
    path = f"/api/v1/proposals/{segment(proposal_id)}"
    return await viewer.platform.get("review_gate", path, ProposalView)


async def _registry(viewer: Viewer, view: ProposalView) -> DecisionView | None:
    """What the registry made of an approval: it looks at everything again before it releases."""
    if view.state != "approved":
        return None
    path, agent = "/api/v1/releases/decisions", view.proposal.agent
    got = await viewer.platform.get(
        "runtime_config", path, RegistryDecisions, agent=agent, limit=200
    )
    known = got.value.items if got.value else ()
    return next((one for one in known if one.proposal_id == view.proposal.proposal_id), None)


def _page(
    room: Room,
    viewer: Viewer,
    view: ProposalView,
    status: int,
    refused: str | None,
    registry: DecisionView | None = None,
    testing: ExperimentView | None = None,
) -> HTMLResponse:
    experiment = view.experiment
    hunks = tested_hunks(view.proposal, experiment) if experiment else ()
    lines = diff_lines(view.diff or view.proposal.diff)
    return room.show(
        "proposal.html",
        viewer,
        "proposals",
        view.proposal.agent,
        status=status,
        view=view,
        hunks=hunks,
        reach=_reach(view, hunks),
        dropped=left_out(view.proposal, experiment) if experiment else 0,
        lines=lines,
        changes=count_changes(lines),
        refused=refused,
        registry=registry,
        testing=testing,
        near=nearness(testing.evidence) if testing else 0.0,
    )


def _reach(view: ProposalView, hunks: tuple[Hunk, ...]) -> tuple[int, int] | None:
    """On how many lessons the answer changes at most, and of how many, if it is known."""
    if not all(hunk.is_measured for hunk in hunks):
        return None
    lessons = view.experiment.lessons if view.experiment else None
    support = sum(hunk.evidence.support for hunk in hunks if hunk.evidence)
    if not lessons or not lessons.n or not support:
        return None
    return min(support, lessons.n), lessons.n
