"""`/traces` and `/traces/{id}`."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from libs.contracts.api import SpanView, TraceTree
from services.console.adapters.views import Traces
from services.console.api.door import Viewer
from services.console.api.room import Room, segment
from services.console.domain.spans import rows_of

FILTERS = (
    "project",
    "agent",
    "status",
    "session_id",
    "config_digest",
    "evaluation_label",
    "attribute",
    "duration_ms_min",
)
PAGE = 50
FULL_CHARS_MAX = 5_000_000
Text = Annotated[str | None, Query(max_length=500)]


def traces_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    viewing = Depends(room.viewer)

    @router.get("/traces")
    async def traces(
        viewer: Annotated[Viewer, viewing], request: Request, cursor: Text = None
    ) -> HTMLResponse:
        filters = {name: request.query_params.get(name, "")[:500] for name in FILTERS}
        got = await viewer.platform.get(
            "traces", "/api/v1/traces", Traces, cursor=cursor, limit=PAGE, **filters
        )
        if got.value is None and got.status != 422:
            return room.problem(viewer, "traces", got)
        return room.show(
            "traces.html",
            viewer,
            "traces",
            filters["agent"] or None,
            status=422 if got.value is None else 200,
            page=got.value,
            filters=filters,
            refused=got.problem,
        )

    @router.get("/traces/{trace_id}")
    async def trace(
        viewer: Annotated[Viewer, viewing],
        trace_id: str,
        span: Text = None,
        project: Text = None,
        full: bool = False,
    ) -> HTMLResponse:
        path = f"/api/v1/traces/{segment(trace_id)}"
        got = await viewer.platform.get("traces", path, TraceTree, project=project)
        if got.value is None:
            choices = {
                one: f"/traces/{segment(trace_id)}?project={quote(one, safe='')}"
                for one in got.projects
            }
            return room.problem(viewer, "traces", got, choices)
        rows = rows_of(got.value.spans)
        selected = _selected(got.value, span) or (rows[0].span if rows else None)
        return room.show(
            "trace.html",
            viewer,
            "traces",
            got.value.summary.agent,
            tree=got.value,
            rows=rows,
            selected=selected,
            project=project,
            chars_max=FULL_CHARS_MAX if full else 20_000,
        )

    return router


def _selected(tree: TraceTree, span_id: str | None) -> SpanView | None:
    return next((one for one in tree.spans if one.span_id == span_id), None)
