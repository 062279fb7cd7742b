"""Looking into one trace: preview, find, jq, follow."""

import asyncio
from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Query

from libs.contracts.api import Page, SpanView
from services.traces.adapters.jq_runner import JqTimeout
from services.traces.api.access import (
    Access,
    Project,
    Reading,
    TraceId,
    not_found,
    problems,
)
from services.traces.api.models import (
    FindPosted,
    FollowView,
    JqAnswer,
    JqPosted,
    MatchView,
    PreviewLine,
    SightingView,
    TracePreview,
)
from services.traces.domain.completion import instant
from services.traces.domain.cursor import CursorError, decode_cursor, encode_cursor
from services.traces.domain.find import FindTimeout, PatternError, compile_pattern, find
from services.traces.domain.follow import follow
from services.traces.domain.jq_program import ProgramError
from services.traces.domain.preview import Line, overview

SIGHTINGS_MAX = 5000


def router(access: Access) -> APIRouter:
    """Everything under `/traces/{trace_id}/`."""
    api = APIRouter(
        prefix="/traces/{trace_id}", tags=["inspect"], responses=problems(404, 409, 422, 504)
    )
    inspect = Inspect(access)
    api.add_api_route("/preview", inspect.preview, methods=["GET"])
    api.add_api_route("/find", inspect.find, methods=["POST"])
    api.add_api_route("/jq", inspect.jq, methods=["POST"])
    api.add_api_route("/follow", inspect.follow, methods=["GET"])
    return api


class Inspect:
    """Endpoints as methods; FastAPI reads their signatures."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def preview(
        self,
        principal: Reading,
        trace_id: TraceId,
        project: Project = None,
        chars: Annotated[int, Query(ge=0, le=10_000, description="Of each text")] = 160,
    ) -> TracePreview:
        """The trace at a glance: each span's share of the latency, and the critical path."""
        summary, glances = await self._access.reader.glances(
            principal, trace_id.lower(), project, chars
        )
        lines = await asyncio.to_thread(overview, glances)
        views = await self._access.listing.views([summary])
        return TracePreview(
            summary=views[0],
            lines=tuple(_preview_line(line) for line in lines),
            critical_path=tuple(one.glance.span_id for one in lines if one.critical_share > 0),
        )

    async def find(
        self, principal: Reading, trace_id: TraceId, body: FindPosted, project: Project = None
    ) -> Page[MatchView]:
        """Matches in span order. A pattern that takes too long is stopped."""
        skip = 0
        try:
            pattern = compile_pattern(body.pattern, body.ignore_case)
            if body.cursor:
                skip = max(0, int(decode_cursor(body.cursor, int)[0]))
        except (PatternError, CursorError) as error:
            raise HTTPException(422, str(error)) from error
        texts = await self._access.reader.texts(principal, trace_id.lower(), project)
        seconds = self._access.settings.find_seconds_max

        def search() -> list[MatchView]:
            found = islice(find(texts, pattern, seconds), skip, skip + body.limit + 1)
            return [MatchView.model_validate(vars(match)) for match in found]

        try:
            matches = await asyncio.to_thread(search)
        except FindTimeout as error:
            raise HTTPException(504, f"the pattern was stopped after {seconds:g} s") from error
        more = len(matches) > body.limit
        return Page(
            items=tuple(matches[: body.limit]),
            next_cursor=encode_cursor(skip + body.limit) if more else None,
        )

    async def jq(
        self, principal: Reading, trace_id: TraceId, body: JqPosted, project: Project = None
    ) -> JqAnswer:
        """The program's output, one result a value."""
        if body.field and not body.span_id:
            raise HTTPException(422, "field: expected span_id beside it")
        spans = await self._access.reader.spans(principal, trace_id.lower(), project)
        document = await asyncio.to_thread(_document, spans, body)
        try:
            answer = await self._access.jq.run(body.program, document, body.limit)
        except ProgramError as error:
            raise HTTPException(422, str(error)) from error
        except JqTimeout as error:
            raise HTTPException(504, str(error)) from error
        return JqAnswer(results=answer.results, truncated=answer.truncated)

    async def follow(
        self,
        principal: Reading,
        trace_id: TraceId,
        value: Annotated[str, Query(min_length=1, max_length=10_000)],
        project: Project = None,
    ) -> FollowView:
        """Where a value appears first and where it travels."""
        texts = await self._access.reader.texts(principal, trace_id.lower(), project)
        found = await asyncio.to_thread(follow, texts, value)
        items = tuple(
            SightingView.model_validate(vars(one) | {"at": instant(one.at_ns)})
            for one in found[:SIGHTINGS_MAX]
        )
        return FollowView(
            value=value,
            items=items,
            span_ids=tuple(dict.fromkeys(one.span_id for one in items)),
            truncated=len(found) > SIGHTINGS_MAX,
        )


def _preview_line(line: Line) -> PreviewLine:
    one = line.glance
    return PreviewLine(
        **{name: getattr(one, name) for name in ("span_id", "parent_span_id", "name", "kind")},
        status=one.status,
        status_message=one.status_message,
        model=one.model or None,
        tool_name=one.tool_name or None,
        tokens=one.tokens,
        cost_usd=one.cost_usd,
        input=one.input_head,
        input_chars=one.input_chars,
        output=one.output_head,
        output_chars=one.output_chars,
        **{name: value for name, value in vars(line).items() if name != "glance"},
    )


def _document(spans: Sequence[SpanView], body: JqPosted) -> bytes:
    """The program's input as one line of JSON. Raises 404 and 422."""
    if body.span_id:
        found = [span for span in spans if span.span_id == body.span_id.lower()]
        if not found:
            raise not_found(f"span {body.span_id} in this trace")
        shown = found[0].model_dump(mode="json")
        return orjson.dumps(_field(shown, body.field) if body.field else shown)
    return orjson.dumps([span.model_dump(mode="json") for span in spans])


def _field(span: dict[str, Any], path: str) -> Any:
    """A field, or one attribute; a text that holds JSON is parsed."""
    head, _, key = path.partition(".")
    value: Any = span.get(head)
    if key:
        value = value.get(key) if isinstance(value, dict) else None
    if value is None:
        raise HTTPException(422, f"field: this span has no {path!r}")
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise HTTPException(422, f"field: {path!r} is text, but not JSON: {error}") from error
