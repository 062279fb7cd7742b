"""`/healthz`: the process lives. `/readyz`: it can do its work. `/metrics`: how it does."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from libs.runtime.metrics import Metrics

Probe = Callable[[], Awaitable[str | None]]
"""Returns None when well, else what is wrong."""


@dataclass
class Health:
    """What stands between a service and readiness."""

    started: bool = False
    stopping: bool = False
    probes: dict[str, Probe] = field(default_factory=dict)
    _failures: dict[str, str] = field(default_factory=dict)

    def fail(self, name: str, reason: str) -> None:
        self._failures[name] = reason

    def clear(self, name: str) -> None:
        self._failures.pop(name, None)

    async def problems(self) -> dict[str, str]:
        """Empty when ready."""
        found = dict(self._failures)
        if not self.started:
            found["start"] = "not started yet"
        if self.stopping:
            found["stop"] = "stopping"
        for name, probe in self.probes.items():
            try:
                reason = await probe()
            except Exception as error:
                reason = repr(error)
            if reason:
                found[name] = reason
        return found


def health_router(
    health: Health, metrics: Metrics, refresh: Callable[[], Awaitable[None]]
) -> APIRouter:
    """`refresh` brings gauges up to date before they are read."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive", "service": metrics.service}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        problems = await health.problems()
        metrics.ready.labels(metrics.service).set(0 if problems else 1)
        body = {"service": metrics.service, "ready": not problems, "problems": problems}
        return JSONResponse(body, status_code=503 if problems else 200)

    @router.get("/metrics")
    async def prometheus() -> Response:
        await refresh()
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router
