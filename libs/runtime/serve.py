"""Run one service as its own process: `python -m services.<name>.main`."""

import asyncio
import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from functools import partial

import httpx
import uvicorn

from libs.contracts.routes import SERVICES
from libs.contracts.topics import TOPICS
from libs.eventlog import EventLog
from libs.runtime.app import App, Deps
from libs.runtime.clock import SystemClock
from libs.runtime.errors import StartupError
from libs.runtime.http import service_client
from libs.runtime.logs import configure_logging
from libs.runtime.memory import tend_memory
from libs.runtime.settings import RuntimeSettings, load_settings
from libs.runtime.stopping import CutShortMiddleware
from libs.runtime.tracing import configure_tracing

Build = Callable[[Deps], App]


def run(build: Build) -> None:
    """Start, serve until SIGTERM, stop. Exit code 2 when settings are not valid."""
    try:
        settings = load_settings(RuntimeSettings)
        configure_logging(settings.log_level)
        asyncio.run(_serve(build, settings))
    except StartupError as error:
        print(f"cannot start: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)


async def _serve(build: Build, settings: RuntimeSettings) -> None:
    refuse_open_bind(settings.host, settings)
    log = open_log(settings)
    clients = service_clients(settings)
    app = build(Deps(settings=settings, log=log, clients=clients, clock=SystemClock()))
    app.on_start_first(partial(_open, log))
    configure_tracing(settings, f"pawl.{app.name}")
    server = Server(app, settings.host, settings.port)
    stop = asyncio.Event()
    on_signals(stop)
    try:
        await server.start()  # liveness answers while the service is still starting
        if await _started(app, stop):
            tend_memory()
            await stop.wait()
    finally:
        await app.drain()
        await server.stop()  # before what its requests work with is closed
        await app.stop()
        await log.stop()
        await asyncio.gather(*(client.aclose() for client in clients.values()))


async def _open(log: EventLog) -> None:
    await log.start()
    await log.create_topics(TOPICS)


async def _started(app: App, stop: asyncio.Event) -> bool:
    """False when told to stop before the start was over."""
    starting, stopping = asyncio.create_task(app.start()), asyncio.create_task(stop.wait())
    await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if starting.done():
        starting.result()
        return True
    starting.cancel()
    await asyncio.wait((starting,))
    return False


def open_log(settings: RuntimeSettings) -> EventLog:
    """The adapter that the settings name."""
    if settings.eventlog == "kafka":
        from libs.eventlog.kafka import KafkaLog  # the embedded process needs no broker client

        return KafkaLog(
            settings.kafka_bootstrap,
            session_seconds=settings.kafka_session_seconds,
            publish_seconds=settings.kafka_publish_seconds,
        )
    from libs.eventlog.embedded import EmbeddedLog

    return EmbeddedLog(settings.home / "events.db")


def service_clients(settings: RuntimeSettings) -> Mapping[str, httpx.AsyncClient]:
    """One client a service; its address is `PAWL_URL_<SERVICE>`, else its Kubernetes name."""
    return {
        name: service_client(
            os.environ.get(
                f"PAWL_URL_{name.upper()}", f"http://pawl-{name.replace('_', '-')}:8080"
            ),
            settings.internal_key,
        )
        for name in SERVICES
    }


def refuse_open_bind(host: str, settings: RuntimeSettings) -> None:
    """Bound beyond loopback without keys anybody could read every trace: refuse."""
    if not is_loopback(host) and settings.keys_file is None:
        raise StartupError(
            f"bound to {host} without API keys: set PAWL_KEYS_FILE, or bind to 127.0.0.1"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def on_signals(stop: asyncio.Event) -> None:
    """SIGTERM and SIGINT set the event."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, or `StartupError` that says which port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise StartupError(f"port {port} on {host} cannot be bound: {error.strerror}") from error
    return sock


KEEP_ALIVE_SECONDS = 75
"""Longer than clients and proxies keep an idle connection (httpx 5 s, most ingresses 60 s): where
both let go at the same moment, a request is lost on its way."""


class Server:
    """Uvicorn on a socket bound beforehand, so that the port is known and refusals are early."""

    def __init__(self, app: object, host: str, port: int) -> None:
        self._socket = bind(host, port)
        self.port: int = self._socket.getsockname()[1]
        target = app.api if isinstance(app, App) else app
        config = uvicorn.Config(
            CutShortMiddleware(target),  # type: ignore[arg-type]
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=3,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            http="httptools",
        )
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._server._serve([self._socket]))
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise StartupError("the HTTP server ended before it started")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._task:
            await self._task
        self._socket.close()
