"""The whole platform in one process: every service, the embedded log, chDB and SQLite."""

import asyncio
import secrets
from contextlib import AsyncExitStack
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
        self.settings = settings
        self._ports = ports
        self._clock = clock or SystemClock()
        self.apps: dict[str, App] = {}
        self.endpoints: dict[str, str] = {}

    async def __aenter__(self) -> "Platform":
        """What was started is stopped again, also when the rest of the start fails."""
        async with AsyncExitStack() as stack:
            await self._start(stack)
            self._running = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._running.aclose()

    async def _start(self, stack: AsyncExitStack) -> None:
        self._started: list[App] = []
        self._servers: list[Server] = []
        stack.callback(HomeLock(self.settings.home).release)
        stack.push_async_callback(self._stop_servers)
        api = self._listen(Gateway(self.apps), self._ports.api)
        log = EmbeddedLog(self.settings.home / "events.db")
        await log.start()
        stack.push_async_callback(log.stop)
        await log.create_topics(TOPICS)
        await self._build(log, stack)
        otlp = self._listen(self.apps["ingest"], self._ports.otlp_http)
        stack.push_async_callback(self._stop_apps)
        for app in self.apps.values():
            self._started.append(app)
            await app.start()
        for server in self._servers:
            await server.start()
        stack.push_async_callback(self._stop_servers)
        stack.push_async_callback(self._drain_apps)  # first of all: no new message is fetched
        host = self.settings.host
        self.endpoints = {
            "api": f"http://{host}:{api.port}",
            "otlp_http": f"http://{host}:{otlp.port}",
            "otlp_grpc": f"http://{host}:{self.apps['ingest'].ports['otlp_grpc']}",
        }
        write_endpoints(self.settings.home, self.endpoints)

    async def _stop_servers(self) -> None:
        await asyncio.gather(*(server.stop() for server in self._servers))
        self._servers = []

    async def _drain_apps(self) -> None:
        await asyncio.gather(*(app.drain() for app in self._started))

    async def _stop_apps(self) -> None:
        """Nobody closes what another still works with."""
        await self._drain_apps()
        await asyncio.gather(*(app.stop() for app in self._started))

    def _listen(self, target: object, port: int) -> Server:
        server = Server(target, self.settings.host, port)
        self._servers.append(server)
        return server

    async def _build(self, log: EmbeddedLog, stack: AsyncExitStack) -> None:
        """Between services the same HTTP clients run over the ASGI transport."""
        clients = {
            name: service_client(
                f"http://{name.replace('_', '-')}",
                self.settings.internal_key,
                _InProcess(self.apps, name),
            )
            for name in SERVICES
        }
        for client in clients.values():
            stack.push_async_callback(client.aclose)
        deps = Deps(
            settings=self.settings,
            log=log,
            clients=clients,
            clock=self._clock,
            listen={"otlp_grpc": self._ports.otlp_grpc},
        )
        for name in SERVICES:
            build = import_module(f"services.{name}.main").build
            self.apps[name] = build(deps)


class _InProcess(httpx.AsyncBaseTransport):
    """Calls a service of this process; looked up late, since services are built one by one."""

    def __init__(self, apps: dict[str, App], name: str) -> None:
        self._apps = apps
        self._name = name

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        transport = httpx.ASGITransport(self._apps[self._name].api, raise_app_exceptions=False)
        return await transport.handle_async_request(request)
