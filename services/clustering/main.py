"""Wires clustering."""

from libs.clients import DatasetsClient, TracesClient
from libs.runtime import App, Deps
from libs.runtime.serve import run
from libs.runtime.settings import load_settings
from libs.storage import Database
from services.clustering.adapters.clusters_sql import ClusterStore
from services.clustering.api import build_router
from services.clustering.domain.find import Terms
from services.clustering.handlers import Handlers, Refresher
from services.clustering.settings import ClusteringSettings


def build(deps: Deps) -> App:
    """The service `clustering`."""
    settings = load_settings(ClusteringSettings)
    app = App("clustering", deps)
    database = Database.for_service(app, "services.clustering.migrations")
    store = ClusterStore(database)
    Handlers(app, database, store, TracesClient(app.client("traces"))).subscribe()
    terms = Terms(settings.size_min, settings.conditions_max, settings.precision_min)
    datasets = DatasetsClient(app.client("datasets"))
    refresher = Refresher(app, store, datasets, terms, settings.trend_days)
    app.every(settings.refresh_seconds, refresher.refresh_waiting)
    app.api.include_router(build_router(store, refresher))
    return app


if __name__ == "__main__":
    run(build)
