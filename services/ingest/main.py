"""Wires the door."""

from starlette.middleware.cors import CORSMiddleware

from libs.runtime import App, Deps
from libs.runtime.serve import refuse_open_bind, run
from libs.runtime.settings import load_settings
from services.ingest.adapters.redaction_file import RedactionFile
from services.ingest.api import phoenix_router, router
from services.ingest.api_grpc import OtlpGrpcServer
from services.ingest.door import Door
from services.ingest.handlers import Signals
from services.ingest.metrics import IngestMetrics
from services.ingest.settings import IngestSettings

PREFLIGHT_SECONDS = 600


def build(deps: Deps, settings: IngestSettings | None = None) -> App:
    """The service `ingest`."""
    settings = settings or load_settings(IngestSettings)
    app = App("ingest", deps)
    metrics = IngestMetrics(app.metrics.registry)
    door = _door(deps, settings, metrics)
    metrics.in_flight_bytes.set_function(lambda: door.in_flight.bytes)
    app.health.probes["event log writes"] = door.log_problem
    signals = Signals(door)
    app.api.include_router(router(door, signals, app.keys))
    app.api.include_router(phoenix_router(door, signals))
    _answer_browsers(app, settings)
    if settings.otlp_grpc_enabled:
        _add_grpc(app, door, signals, settings)
    return app


def _door(deps: Deps, settings: IngestSettings, metrics: IngestMetrics) -> Door:
    monotonic = deps.clock.monotonic
    if settings.redaction_file is None:
        return Door(settings, deps.log, metrics, monotonic)
    rules = RedactionFile(settings.redaction_file, monotonic)
    return Door(settings, deps.log, metrics, monotonic, rules.current)


def _answer_browsers(app: App, settings: IngestSettings) -> None:
    """Pages of these origins may send; keys travel in headers, so no cookies are let through."""
    if settings.cors_origins:
        app.api.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["POST"],
            allow_headers=["*"],
            expose_headers=["Retry-After"],
            max_age=PREFLIGHT_SECONDS,
        )


def _add_grpc(app: App, door: Door, signals: Signals, settings: IngestSettings) -> None:
    deps = app.deps
    host = settings.otlp_grpc_host or deps.settings.host
    refuse_open_bind(host, deps.settings)
    port = deps.listen.get("otlp_grpc", settings.otlp_grpc_port)
    server = OtlpGrpcServer(door, signals, app.keys, host, port)

    async def start() -> None:
        await server.start()
        if server.port is not None:
            app.ports["otlp_grpc"] = server.port

    app.on_start(start)
    app.on_stop(server.stop)


if __name__ == "__main__":
    run(build)
