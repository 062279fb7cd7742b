"""`/v1/*`: OTLP over HTTP, and Phoenix's REST span endpoint."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from google.protobuf.message import Message as ProtoMessage
from starlette.requests import Request
from starlette.responses import Response

from libs.contracts.api import Problem
from libs.contracts.base import Model
from libs.runtime.auth import DeniedError, KeyRing, Principal, authenticate, require
from services.ingest.adapters.bodies import read_body
from services.ingest.adapters.encodings import (
    JSON,
    PROTOBUF,
    answer,
    encoding_of,
    failure,
    problem_of,
)
from services.ingest.domain.projects import PROJECT_CHARS_MAX
from services.ingest.domain.refuse import RefusedError, Why
from services.ingest.door import Door
from services.ingest.handlers import Form, Signals

_FORMS: dict[str, Form] = {PROTOBUF: "protobuf", JSON: "json"}
Take = Callable[[bytes, Principal, Form], Awaitable[ProtoMessage]]


def router(door: Door, signals: Signals, keys: KeyRing) -> APIRouter:
    """The public routes of the door."""
    routes = APIRouter(tags=["ingest"])
    serve = _Serve(door, keys)

    @routes.post("/v1/traces", **_described("ExportTraceServiceRequest"))
    async def traces(request: Request) -> Response:
        """Spans, durable in the log when this answers 200."""
        return await serve(request, "traces", signals.traces)

    @routes.post("/v1/logs", **_described("ExportLogsServiceRequest"))
    async def logs(request: Request) -> Response:
        """GenAI events are kept and joined to their spans; other records are acknowledged."""
        return await serve(request, "logs", signals.logs)

    @routes.post("/v1/metrics", **_described("ExportMetricsServiceRequest"))
    async def metrics(request: Request) -> Response:
        """Acknowledged and not kept."""
        return await serve(request, "metrics", signals.metrics)

    return routes


def phoenix_router(door: Door, signals: Signals) -> APIRouter:
    """Phoenix's REST span endpoint; its errors are problem documents like those of every API."""
    routes = APIRouter(tags=["ingest"])

    @routes.post(
        "/v1/projects/{project}/spans",
        status_code=202,
        openapi_extra=_PHOENIX_BODY,
        responses=_PHOENIX_PROBLEMS,
    )
    async def spans(
        request: Request,
        project: Annotated[str, Path(min_length=1, max_length=PROJECT_CHARS_MAX)],
        who: Annotated[Principal, Depends(require("ingest"))],
    ) -> SpansQueued:
        """Spans in Phoenix's form, all or none; durable in the log when this answers 202."""
        outcome = "taken"
        try:
            if encoding_of(request) != JSON:
                raise RefusedError(Why.UNSUPPORTED, f"Content-Type must be {JSON}")
            with door.in_flight.hold() as hold:
                body = await read_body(request, hold, door.settings)
                kept = await signals.phoenix(body, project, who)
            return SpansQueued(total_received=kept, total_queued=kept)
        except RefusedError as refused:
            outcome = refused.why.name.lower()
            raise problem_of(refused) from refused
        finally:
            door.metrics.requests.labels("phoenix", "traces", outcome).inc()

    return routes


class _Serve:
    """What every route does around its own work: who, which encoding, body, answer, errors."""

    def __init__(self, door: Door, keys: KeyRing) -> None:
        self._door = door
        self._keys = keys

    async def __call__(self, request: Request, signal: str, take: Take) -> Response:
        encoding = JSON
        try:
            who, encoding = self._who(request), encoding_of(request)
            with self._door.in_flight.hold() as hold:
                body = await read_body(request, hold, self._door.settings)
                response = answer(await take(body, who, _FORMS[encoding]), encoding)
            outcome = "taken"
        except RefusedError as refused:
            response, outcome = failure(refused, encoding), refused.why.name.lower()
        except asyncio.CancelledError:  # the service is stopping: 500 would end the sender's tries
            again = self._door.settings.retry_after_seconds
            closing = RefusedError(Why.BUSY, "the door is closing: try again", again)
            response, outcome = failure(closing, encoding), "cut_short"
        self._door.metrics.requests.labels("http", signal, outcome).inc()
        return response

    def _who(self, request: Request) -> Principal:
        try:
            return authenticate(self._keys, request.headers, "ingest")
        except DeniedError as denied:
            why = Why.UNAUTHENTICATED if denied.status == 401 else Why.DENIED
            raise RefusedError(why, denied.detail) from denied


class SpansQueued(Model):
    """What Phoenix answers."""

    total_received: int
    total_queued: int


_PHOENIX_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "properties": {"data": {"type": "array", "items": {"type": "object"}}},
                    "required": ["data"],
                }
            }
        },
    }
}
_PHOENIX_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"content": {"application/problem+json": {"schema": Problem.model_json_schema()}}}
    for status in (400, 401, 403, 408, 413, 415, 422, 429, 503)
}
_STATUS = {"description": "google.rpc.Status in the request's encoding"}
_RETRY = _STATUS | {
    "headers": {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
}


def _described(message: str) -> dict[str, Any]:
    """OpenAPI of one route: bodies are OTLP's own, which OpenAPI can only name."""
    binary = {"schema": {"type": "string", "format": "binary"}, "x-message": message}
    fields = {"schema": {"type": "object"}, "x-message": message}
    return {
        "openapi_extra": {
            "requestBody": {"required": True, "content": {PROTOBUF: binary, JSON: fields}},
            "security": [{"HTTPBearer": []}, {"APIKeyHeader": []}],
        },
        "responses": dict.fromkeys((400, 401, 403, 408, 413, 415), _STATUS)
        | dict.fromkeys((429, 503), _RETRY),
        "response_class": Response,
    }
