"""`GET /api/v1/traces` and `GET /api/v1/traces/{trace_id}`."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import ConfigDict, Field

from libs.contracts.api import Page, TracesAsked, TraceSummary, TraceTree, TraceTrees
from libs.contracts.base import Model
from services.traces.api.access import Access, Project, Reading, TraceId, as_json, problems
from services.traces.domain.cursor import CursorError
from services.traces.domain.filters import (
    SpanFilter,
    Status,
    Texts,
    Time,
    TraceFilter,
    parse_attribute,
)

Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=2**53)]
AttributeText = Annotated[str, Field(min_length=1, max_length=11_000, pattern=r"^[^=]")]


class TraceQuery(Model):
    """The query string of the list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: Texts = ()
    start: Annotated[Time | None, Field(description="Traces that began at or after")] = None
    end: Annotated[Time | None, Field(description="Traces that began before")] = None
    session_id: Texts = ()
    user_id: Texts = ()
    agent: Texts = ()
    name: Annotated[Texts, Field(description="Of any span")] = ()
    root_name: Texts = ()
    status: Annotated[tuple[Status, ...], Field(description="Of the root span")] = ()
    kind: Annotated[Texts, Field(description="Of any span: LLM, TOOL, AGENT, ...")] = ()
    model: Texts = ()
    tool_name: Texts = ()
    config_digest: Texts = ()
    attribute: Annotated[
        tuple[AttributeText, ...],
        Field(max_length=20, description="`key=value`, or `key` for any value"),
    ] = ()
    evaluator: Annotated[str, Field(max_length=1000)] | None = None
    evaluation_label: Annotated[str, Field(max_length=1000)] | None = None
    duration_ms_min: Number | None = None
    duration_ms_max: Number | None = None
    tokens_min: Count | None = None
    tokens_max: Count | None = None
    cost_usd_min: Number | None = None
    cost_usd_max: Number | None = None
    errors_min: Count | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    cursor: Annotated[str, Field(max_length=1000)] | None = None

    def filter(self) -> TraceFilter:
        """As the domain knows it."""
        span_parts = SpanFilter.model_fields.keys() & TraceQuery.model_fields.keys()
        span_parts -= TraceFilter.model_fields.keys() | {"attribute"}
        span = SpanFilter(
            **self.model_dump(include=span_parts),
            attribute=tuple(parse_attribute(one) for one in self.attribute),
        )
        own = TraceFilter.model_fields.keys() & TraceQuery.model_fields.keys()
        return TraceFilter(**self.model_dump(include=own), span=span)


def router(access: Access) -> APIRouter:
    """Lists and trees."""
    api = APIRouter(tags=["traces"])

    @api.get("/traces", responses=problems(422, 504))
    async def list_traces(
        principal: Reading, query: Annotated[TraceQuery, Query()]
    ) -> Page[TraceSummary]:
        """Traces, newest first. Span filters ask for one span that fits all of them."""
        try:
            return await access.listing.traces(principal, query.filter(), query.limit, query.cursor)
        except CursorError as error:
            raise HTTPException(422, f"cursor: {error}") from error

    @api.get("/traces/{trace_id}", response_model=TraceTree, responses=problems(404, 409, 422, 504))
    async def get_trace(principal: Reading, trace_id: TraceId, project: Project = None) -> Response:
        """A whole trace, its evaluations and feedback."""
        return await as_json(await access.reader.tree(principal, trace_id.lower(), project))

    @api.post("/traces/read", response_model=TraceTrees, responses=problems(422, 504))
    async def read_traces(principal: Reading, body: TracesAsked) -> Response:
        """Some whole traces at once, as far as they fit into one answer."""
        content = await access.several.trees(principal, body.project, body.trace_ids)
        return Response(content, media_type="application/json")

    return api
