"""What the API's files share: the parts they call, parameter types, and error answers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Path, Query, Response

from libs.contracts.api import Problem
from libs.contracts.base import Model
from libs.runtime import App
from libs.runtime.auth import Principal, require
from libs.storage.clickhouse import ClickHouse
from services.traces.adapters.jq_runner import JqRunner
from services.traces.adapters.listing import Listing
from services.traces.adapters.reader import Reader
from services.traces.adapters.several import Several
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
    several: Several
    jq: JqRunner
    new_id: Callable[[], str]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of an endpoint, for OpenAPI."""
    found: dict[int | str, dict[str, Any]] = {
        status: {
            "model": Problem,
            "content": {"application/problem+json": {}},
            "description": "Problem details",
        }
        for status in (400, 401, 403, *statuses)
    }
    # What is no HTTP request at all is refused before the service sees it.
    found[400]["content"]["text/plain"] = {"schema": {"type": "string"}}
    return found


async def as_json(body: Model) -> Response:
    """Written off the event loop: a trace may be megabytes."""
    content = await asyncio.to_thread(lambda: body.model_dump_json().encode())
    return Response(content, media_type="application/json")


def not_found(what: str) -> HTTPException:
    return HTTPException(
        404, f"no {what} that this key may read: it may not have arrived yet, or its time is over"
    )
