"""The query API: one file a noun; `install` puts them together."""

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

from libs.runtime.problems import problem
from libs.storage.clickhouse import QueryTimeout
from services.traces.adapters.reader import AmbiguousTrace, NoSuchTrace
from services.traces.api import bulk, feedback, inspect, overviews, traces
from services.traces.api.access import Access, not_found


def install(api: FastAPI, access: Access) -> None:
    """Every public path of the trace store, and the errors that any of them may meet."""
    whole = APIRouter(prefix="/api/v1")
    for part in (overviews, traces, inspect, bulk, feedback):
        whole.include_router(part.router(access))
    api.include_router(whole)

    @api.exception_handler(NoSuchTrace)
    async def no_such_trace(request: Request, error: NoSuchTrace) -> JSONResponse:
        return problem(404, not_found(f"trace {error}").detail)

    @api.exception_handler(AmbiguousTrace)
    async def ambiguous(request: Request, error: AmbiguousTrace) -> JSONResponse:
        return problem(409, str(error), error.projects)

    @api.exception_handler(QueryTimeout)
    async def too_slow(request: Request, error: QueryTimeout) -> JSONResponse:
        return problem(504, str(error))
