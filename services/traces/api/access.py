"""What the API's files share: the parts they call, parameter types, and error answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Path, Query

from libs.contracts.api import Problem
from libs.runtime import App
from libs.runtime.auth import Principal, require
from libs.storage.clickhouse import ClickHouse
from services.traces.adapters.jq_runner import JqRunner
from services.traces.adapters.listing import Listing
from services.traces.adapters.reader import AmbiguousTrace, Reader
from services.traces.domain.completion import Summary
from services.traces.settings import TracesSettings

Reading = Annotated[Principal, Depends(require("read"))]
Reviewing = Annotated[Principal, Depends(require("review"))]
TraceId = Annotated[str, Path(pattern=r"^[0-9a-fA-F]{32}$", description="32 hex digits")]
SpanId = Annotated[str, Path(pattern=r"^[0-9a-fA-F]{16}$", description="16 hex digits")]
Project = Annotated[
    str | None, Query(max_length=4096, description="Needed when the id is in several projects")
]
Limit = Annotated[int, Query(ge=1, le=1000)]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of a page")]


@dataclass(frozen=True)
class Access:
    """Everything that an endpoint may call."""

    app: App
    settings: TracesSettings
    store: ClickHouse
    listing: Listing
    reader: Reader
    jq: JqRunner
    new_id: Callable[[], str]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of an endpoint, for OpenAPI."""
    return {
        status: {
            "model": Problem,
            "content": {"application/problem+json": {}},
            "description": "Problem details",
        }
        for status in (401, 403, *statuses)
    }


async def find_summary(
    access: Access, principal: Principal, trace_id: str, project: str | None
) -> Summary:
    """The trace, or 404, or 409 when its id stands in several projects."""
    try:
        summary = await access.reader.summary(principal, trace_id.lower(), project)
    except AmbiguousTrace as error:
        raise HTTPException(409, str(error)) from error
    if summary is None:
        raise not_found(f"trace {trace_id}")
    return summary


def not_found(what: str) -> HTTPException:
    return HTTPException(
        404, f"no {what} that this key may read: it may not have arrived yet, or its time is over"
    )
