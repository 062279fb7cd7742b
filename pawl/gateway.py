"""One port for the whole API, as the Ingress does it in a cluster: the path picks the service."""

import asyncio
from collections.abc import Mapping

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from libs.contracts.routes import service_for
from libs.runtime import App
from pawl.metrics import page_of


class Gateway:
    """An ASGI app over the services' apps; its health is theirs together."""

    def __init__(self, apps: Mapping[str, App]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "/")
        if scope["type"] == "http" and path in ("/healthz", "/readyz", "/metrics"):
            response = await self._health(Request(scope))
            await response(scope, receive, send)
            return
        target = self._openapi_target(path) or service_for(path)
        await self._apps[target].api(scope, receive, send)

    def _openapi_target(self, path: str) -> str | None:
        parts = path.split("/")
        if len(parts) == 3 and parts[2] == "openapi.json" and parts[1] in self._apps:
            return parts[1]
        return None

    async def _health(self, request: Request) -> Response:
        if request.url.path == "/healthz":
            return JSONResponse({"status": "alive", "services": sorted(self._apps)})
        found = {name: await app.health.problems() for name, app in self._apps.items()}
        problems = {name: those for name, those in found.items() if those}
        for name, app in self._apps.items():
            app.metrics.ready.labels(name).set(0 if name in problems else 1)
        if request.url.path == "/metrics":
            await asyncio.gather(*(app.measure_lag() for app in self._apps.values()))
            return Response(self._metrics(), media_type=CONTENT_TYPE_LATEST)
        body = {"ready": not problems, "problems": problems}
        return JSONResponse(body, status_code=503 if problems else 200)

    def _metrics(self) -> bytes:
        registries = [app.metrics.registry for app in self._apps.values()]
        return page_of(family for registry in registries for family in registry.collect())
