"""Wires the door."""

from libs.runtime import App, Deps
from libs.runtime.serve import run
from libs.runtime.settings import load_settings
from services.ingest.api import router
from services.ingest.door import Door
from services.ingest.handlers import Signals
from services.ingest.metrics import IngestMetrics
from services.ingest.settings import IngestSettings


def build(deps: Deps) -> App:
    """The service `ingest`."""
    settings = load_settings(IngestSettings)
    app = App("ingest", deps)
    metrics = IngestMetrics(app.metrics.registry)
    door = Door(settings, deps.log, metrics, deps.clock.monotonic)
    metrics.in_flight_bytes.set_function(lambda: door.in_flight.bytes)
    app.api.include_router(router(door, Signals(door), app.keys))
    return app


if __name__ == "__main__":
    run(build)
