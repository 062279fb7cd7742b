"""`POST /api/v1/aggregate` and `POST /api/v1/spans/export`."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from services.traces.adapters import export
from services.traces.adapters.aggregates import aggregate
from services.traces.api.access import Access, Reading, problems
from services.traces.api.models import AggregateAnswer, AggregateRow, ExportPosted
from services.traces.domain.aggregate import AggregatePosted

JSONL, PARQUET = "application/jsonl", "application/vnd.apache.parquet"
EXPORTED: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            JSONL: {"schema": {"type": "string", "format": "binary"}},
            PARQUET: {"schema": {"type": "string", "format": "binary"}},
        },
        "description": "JSON lines or a Parquet file, streamed in the order of the keys",
    }
}


def router(access: Access) -> APIRouter:
    """Many spans at once."""
    api = APIRouter(tags=["bulk"])

    @api.post("/aggregate", responses=problems(422, 504))
    async def post_aggregate(principal: Reading, body: AggregatePosted) -> AggregateAnswer:
        """Figures over the spans that fit the filter."""
        found = await aggregate(access.store, principal, body, access.settings.query_seconds_max)
        rows = tuple(
            AggregateRow(group=group, time=time, values=values)
            for group, time, values in found[: body.limit]
        )
        return AggregateAnswer(rows=rows, truncated=len(found) > body.limit)

    @api.post(
        "/spans/export",
        response_class=StreamingResponse,
        responses=problems(422, 504) | EXPORTED,
    )
    async def post_export(principal: Reading, body: ExportPosted) -> StreamingResponse:
        """Spans that fit the filter, streamed."""
        chunks = export.pages(access.store, principal, body.filter, body.limit)
        if body.format == "parquet":
            return StreamingResponse(
                export.as_parquet(chunks),
                media_type=PARQUET,
                headers={"content-disposition": 'attachment; filename="spans.parquet"'},
            )
        return StreamingResponse(export.as_jsonl(chunks), media_type=JSONL)

    return api
