"""Wires the door."""

from libs.runtime import App, Deps
from libs.runtime.serve import refuse_open_bind, run
from libs.runtime.settings import load_settings
from services.ingest.adapters.redaction_file import read_rules
from services.ingest.api import phoenix_router, router
from services.ingest.api_grpc import OtlpGrpcServer
from services.ingest.domain.redaction import Redactor
from services.ingest.door import Door
from services.ingest.handlers import Signals
from services.ingest.metrics import IngestMetrics
from services.ingest.settings import IngestSettings


def build(deps: Deps, settings: IngestSettings | None = None) -> App:
    """The service `ingest`."""
    settings = settings or load_settings(IngestSettings)
    app = App("ingest", deps)
    metrics = IngestMetrics(app.metrics.registry)
    door = Door(settings, deps.log, metrics, deps.clock.monotonic, _redactor(settings))
    metrics.in_flight_bytes.set_function(lambda: door.in_flight.bytes)
    app.health.probes["event log writes"] = door.log_problem
    signals = Signals(door)
    app.api.include_router(router(door, signals, app.keys))
    app.api.include_router(phoenix_router(door, signals))
    if settings.otlp_grpc_enabled:
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
    return app


def _redactor(settings: IngestSettings) -> Redactor | None:
    if settings.redaction_file is None:
        return None
    rules = read_rules(settings.redaction_file)
    return None if rules.empty else Redactor(rules)


if __name__ == "__main__":
    run(build)
