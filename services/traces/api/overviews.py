"""`GET /api/v1/projects`, `/api/v1/sessions/{session_id}` and `/api/v1/spans/{span_id}`."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query

from libs.contracts.api import Page, SpanView
from services.traces.adapters import overviews
from services.traces.api.access import (
    Access,
    Cursor,
    Limit,
    Project,
    Reading,
    SpanId,
    not_found,
    problems,
)
from services.traces.api.models import ProjectView, SessionView
from services.traces.domain.completion import instant
from services.traces.domain.cursor import CursorError, decode_cursor, encode_cursor

SessionId = Annotated[str, Path(min_length=1, max_length=4096)]
InTrace = Annotated[
    str | None,
    Query(pattern=r"^[0-9a-fA-F]{32}$", description="When several traces use the span id"),
]


def router(access: Access) -> APIRouter:
    """What a reader starts from."""
    api = APIRouter()
    _projects(api, access)
    _sessions(api, access)
    _spans(api, access)
    return api


def _projects(api: APIRouter, access: Access) -> None:
    @api.get("/projects", tags=["projects"], responses=problems(422, 504))
    async def list_projects(
        principal: Reading, limit: Limit = 100, cursor: Cursor = None
    ) -> Page[ProjectView]:
        """Projects that the key may read, by name."""
        try:
            after = str(decode_cursor(cursor, str)[0]) if cursor else None
        except CursorError as error:
            raise HTTPException(422, f"cursor: {error}") from error
        rows = await overviews.projects(access.store, principal, limit + 1, after)
        items = tuple(
            ProjectView(
                name=row[0],
                span_count=row[1],
                trace_count=row[2],
                error_count=row[3],
                first_seen_at=instant(row[4]),
                last_seen_at=instant(row[5]),
            )
            for row in rows[:limit]
        )
        more = len(rows) > limit
        return Page(items=items, next_cursor=encode_cursor(items[-1].name) if more else None)


def _sessions(api: APIRouter, access: Access) -> None:
    @api.get("/sessions/{session_id:path}", tags=["sessions"], responses=problems(404, 422, 504))
    async def get_session(
        principal: Reading,
        session_id: SessionId,
        project: Project = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> SessionView:
        """Totals of a session and its traces, oldest first."""
        after: tuple[int, str] | None = None
        if cursor:
            try:
                start_ns, trace_id = decode_cursor(cursor, int, str)
            except CursorError as error:
                raise HTTPException(422, f"cursor: {error}") from error
            after = (int(start_ns), str(trace_id))
        totals = await overviews.session_totals(access.store, principal, session_id, project)
        if totals is None:
            raise not_found(f"session {session_id!r}")
        found = await overviews.session_traces(
            access.store, principal, session_id, project, limit + 1, after
        )
        page = found[:limit]
        last = page[-1] if len(found) > limit else None
        return SessionView(
            session_id=session_id,
            projects=tuple(totals[0]),
            user_ids=tuple(user for user in totals[1] if user),
            trace_count=totals[2],
            span_count=totals[3],
            error_count=totals[4],
            tokens_total=totals[5],
            cost_usd=totals[6],
            started_at=instant(totals[7]),
            ended_at=instant(totals[8]),
            traces=await access.listing.views(page),
            next_cursor=encode_cursor(last.start_ns, last.key.trace_id) if last else None,
        )


def _spans(api: APIRouter, access: Access) -> None:
    @api.get("/spans/{span_id}", tags=["spans"], responses=problems(404, 422, 504))
    async def get_span(principal: Reading, span_id: SpanId, trace_id: InTrace = None) -> SpanView:
        """One span with every attribute."""
        found = await access.reader.span(
            principal, span_id.lower(), trace_id.lower() if trace_id else None
        )
        if found is None:
            raise not_found(f"span {span_id}")
        return found
