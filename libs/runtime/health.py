"""`/healthz`: the process lives. `/readyz`: it can do its work. `/metrics`: how it does."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from libs.runtime.metrics import Metrics

PROBE_SECONDS_MAX = 2.0
# What keeps messages waiting does not keep requests from being answered.
OF_MESSAGES = ("event log", "outbox", "paused:", "dead-letters:")
Probe = Callable[[], Awaitable[str | None]]
"""Returns None when well, else what is wrong."""


@dataclass(frozen=True)
class _Failure:
    reason: str
    until: float


@dataclass
class Health:
    """What stands between a service and readiness."""

    started: bool = False
    stopping: bool = False
    monotonic: Callable[[], float] = time.monotonic
    probes: dict[str, Probe] = field(default_factory=dict)
    _failures: dict[str, _Failure] = field(default_factory=dict)

    def fail(self, name: str, reason: str, seconds_max: float = math.inf) -> None:
        """Until it is cleared, or was not said again for `seconds_max`."""
        self._failures[name] = _Failure(reason, self.monotonic() + seconds_max)

    def clear(self, name: str) -> None:
        self._failures.pop(name, None)

    async def problems(self) -> dict[str, str]:
        """Empty when ready."""
        now = self.monotonic()
        found = {name: one.reason for name, one in self._failures.items() if now < one.until}
        if not self.started:
            found["start"] = "not started yet"
        if self.stopping:
            found["stop"] = "stopping"
        reasons = await asyncio.gather(*(_ask(probe) for probe in self.probes.values()))
        asked = zip(self.probes, reasons, strict=True)
        return found | {name: reason for name, reason in asked if reason}


async def _ask(probe: Probe) -> str | None:
    try:
        async with asyncio.timeout(PROBE_SECONDS_MAX):
            return await probe()
    except TimeoutError:
        return f"no answer within {PROBE_SECONDS_MAX:g} s"
    except Exception as error:
        return repr(error)


def health_router(
    health: Health, metrics: Metrics, refresh: Callable[[], Awaitable[None]]
) -> APIRouter:
    """`refresh` brings gauges up to date before they are read."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive", "service": metrics.service}

    @router.get("/readyz")
    async def readyz(work: Literal["all", "requests"] = "all") -> JSONResponse:
        """`work=requests` leaves out what only keeps messages waiting."""
        problems = await health.problems()
        metrics.ready.labels(metrics.service).set(0 if problems else 1)
        if work == "requests":
            problems = {k: v for k, v in problems.items() if not k.startswith(OF_MESSAGES)}
        body = {"service": metrics.service, "ready": not problems, "problems": problems}
        return JSONResponse(body, status_code=503 if problems else 200)

    @router.get("/metrics")
    async def prometheus() -> Response:
        await refresh()
        metrics.ready.labels(metrics.service).set(0 if await health.problems() else 1)
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router
