"""Wires datasets."""

from libs.clients import RuntimeConfigClient, TracesClient
from libs.jobs import Queue, Sweep, SweepTerms
from libs.runtime import App, Deps
from libs.runtime.serve import run
from libs.runtime.settings import load_settings
from libs.storage import Database
from services.datasets.adapters.reviews_sql import ReviewStore
from services.datasets.api import build_router
from services.datasets.handlers.desk import ReviewDesk
from services.datasets.handlers.events import Handlers
from services.datasets.metrics import DatasetsMetrics
from services.datasets.settings import DatasetsSettings
from services.datasets.tables import PENDING

MIGRATIONS = "services.datasets.migrations"
HEALTH = "paused:feedback"
"""Like a topic that waits: it keeps no request from being answered."""


def build(deps: Deps) -> App:
    """The service, ready to start."""
    app = App("datasets", deps)
    settings = load_settings(DatasetsSettings)
    database = Database.for_service(app, MIGRATIONS)
    pending = Queue(database, PENDING, settings.worker, settings.lease_seconds)
    reviews = ReviewStore(database)
    traces, configs = app.client("traces"), app.client("runtime_config")
    desk = ReviewDesk(reviews, TracesClient(traces), RuntimeConfigClient(configs))
    terms = SweepTerms(HEALTH, "feedback", settings.batch, settings.parallel)
    sweep = Sweep(app, database, pending, desk.read, desk.store, terms)
    metrics = DatasetsMetrics(app.metrics.registry)

    async def work() -> None:
        await sweep.run()
        metrics.pending.set(await pending.count())

    app.every(settings.poll_seconds, work)
    Handlers(app, database, pending).subscribe()
    app.api.include_router(build_router(reviews, pending))
    return app


if __name__ == "__main__":
    run(build)
