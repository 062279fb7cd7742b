"""Wires clustering."""

from libs.runtime import App, Deps
from libs.runtime.serve import run
from libs.runtime.settings import load_settings
from libs.storage import Database
from services.clustering.adapters.clusters_sql import ClusterStore
from services.clustering.adapters.late_examples import LateExamples
from services.clustering.adapters.services_http import Examples, Tasks, Traces
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
    traces, tasks = Traces(app.client("traces")), Tasks(app.client("runtime_config"))
    Handlers(app, database, store, traces, tasks).subscribe()
    terms = Terms(settings.size_min, settings.conditions_max, settings.precision_min)
    examples = Examples(app.client("experiments"))
    refresher = Refresher(app, store, examples, terms, settings.trend_days)
    late = LateExamples(database, store, deps.log, app.client("experiments"))
    app.every(settings.refresh_seconds, refresher.refresh_waiting)
    app.every(settings.look_again_seconds, late.look_again)
    app.api.include_router(build_router(store, refresher))
    return app


if __name__ == "__main__":
    run(build)
