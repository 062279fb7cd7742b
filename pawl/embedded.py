"""The whole platform in one process: every service, the embedded log, chDB and SQLite."""

import asyncio
import secrets
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import httpx

from libs.contracts.routes import SERVICES
from libs.contracts.topics import TOPICS
from libs.eventlog.embedded import EmbeddedLog
from libs.runtime import App, Clock, Deps, SystemClock
from libs.runtime.http import service_client
from libs.runtime.serve import Server, refuse_open_bind
from libs.runtime.settings import RuntimeSettings, load_settings
from pawl.gateway import Gateway
from pawl.home import HomeLock, write_endpoints


@dataclass(frozen=True)
class Ports:
    """0 picks a free port."""

    api: int = 8080
    otlp_http: int = 4318
    otlp_grpc: int = 4317


class Platform:
    """`async with Platform(home, ports) as platform:` - then `platform.endpoints` says where."""

    def __init__(
        self, home: Path, ports: Ports, host: str = "127.0.0.1", clock: Clock | None = None
    ) -> None:
        settings = load_settings(RuntimeSettings, home=home, host=host, eventlog="embedded")
        refuse_open_bind(host, settings)
        if settings.keys_file and not settings.internal_key:
            settings = settings.model_copy(update={"internal_key": secrets.token_urlsafe(32)})
        self._settings = settings
        self._ports = ports
        self._clock = clock or SystemClock()
        self.apps: dict[str, App] = {}
        self.endpoints: dict[str, str] = {}

    async def __aenter__(self) -> "Platform":
        self._lock = HomeLock(self._settings.home)
        self._started: list[App] = []
        self._servers: list[Server] = []
        self._log = EmbeddedLog(self._settings.home / "events.db")
        try:
            await self._start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _start(self) -> None:
        host = self._settings.host
        api = self._listen(Gateway(self.apps), self._ports.api)
        await self._log.start()
        await self._log.create_topics(TOPICS)
        self._build()
        otlp = self._listen(self.apps["ingest"], self._ports.otlp_http)
        for app in self.apps.values():
            self._started.append(app)
            await app.start()
        for server in self._servers:
            await server.start()
        grpc_port = self.apps["ingest"].ports["otlp_grpc"]
        self.endpoints = {
            "api": f"http://{host}:{api.port}",
            "otlp_http": f"http://{host}:{otlp.port}",
            "otlp_grpc": f"http://{host}:{grpc_port}",
        }
        write_endpoints(self._settings.home, self.endpoints)

    def _listen(self, target: object, port: int) -> Server:
        server = Server(target, self._settings.host, port)
        self._servers.append(server)
        return server

    def _build(self) -> None:
        """Between services the same HTTP clients run over the ASGI transport."""
        self._clients = {
            name: service_client(
                f"http://{name.replace('_', '-')}",
                self._settings.internal_key,
                _InProcess(self.apps, name),
            )
            for name in SERVICES
        }
        deps = Deps(
            settings=self._settings,
            log=self._log,
            clients=self._clients,
            clock=self._clock,
            listen={"otlp_grpc": self._ports.otlp_grpc},
        )
        for name in SERVICES:
            build = import_module(f"services.{name}.main").build
            self.apps[name] = build(deps)

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(server.stop() for server in self._servers))
        await asyncio.gather(*(app.stop() for app in self._started))
        await self._log.stop()
        for client in getattr(self, "_clients", {}).values():
            await client.aclose()
        self._lock.release()


class _InProcess(httpx.AsyncBaseTransport):
    """Calls a service of this process; looked up late, since services are built one by one."""

    def __init__(self, apps: dict[str, App], name: str) -> None:
        self._apps = apps
        self._name = name

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        transport = httpx.ASGITransport(self._apps[self._name].api, raise_app_exceptions=False)
        return await transport.handle_async_request(request)
