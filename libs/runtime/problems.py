"""Errors of the HTTP API as RFC 9457 problem details."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from libs.contracts.api import Problem
from libs.eventlog import EventLogFull
from libs.runtime.errors import UnavailableError
from libs.runtime.parameters import check_parameters


def problem(status: int, detail: str, projects: tuple[str, ...] | None = None) -> JSONResponse:
    """One problem document."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, projects=projects)
    return JSONResponse(
        body.model_dump(exclude_none=True),
        status_code=status,
        media_type="application/problem+json",
    )


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of an endpoint for OpenAPI; those of a missing or weak key are always there."""
    return {
        status: {
            "model": Problem,
            "content": {"application/problem+json": {}},
            "description": HTTPStatus(status).phrase,
        }
        for status in (401, 403, *statuses)
    }


def install_problem_handlers(api: FastAPI) -> None:
    """Every 4xx and 5xx of this API answers with a problem document."""
    check_parameters(api)

    @api.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        response = problem(error.status_code, str(error.detail))
        response.headers.update(error.headers or {})
        return response

    @api.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        parts = [f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors()]
        return problem(422, "; ".join(parts))

    @api.exception_handler(UnavailableError)
    @api.exception_handler(EventLogFull)
    async def away(request: Request, error: Exception) -> JSONResponse:
        response = problem(503, f"{error}: nothing was changed, try again")
        response.headers["retry-after"] = "1"
        return response
