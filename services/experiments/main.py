"""Wires the acceptor."""

import httpx

from libs.clients.datasets import DatasetsClient
from libs.clients.review_gate import ReviewGateClient
from libs.clients.runtime_config import RuntimeConfigClient
from libs.runtime import App, Deps
from libs.runtime.http import service_client
from libs.runtime.serve import run
from libs.runtime.settings import load_settings
from libs.storage import Database
from services.experiments.adapters.fleet_sql import FleetStore
from services.experiments.adapters.heads_sql import HeadStore
from services.experiments.adapters.leases_sql import Leases
from services.experiments.adapters.queue_sql import QueueStore
from services.experiments.adapters.replay_http import ReplayClient
from services.experiments.adapters.replays_sql import ReplayCache
from services.experiments.adapters.reviews_http import ReviewLog
from services.experiments.adapters.tests_sql import TestLedger
from services.experiments.api import build_router
from services.experiments.domain.limits import Limits
from services.experiments.handlers.events import Handlers
from services.experiments.handlers.gathering import Gathering
from services.experiments.handlers.judging import Judging
from services.experiments.handlers.preparation import Preparation, Terms
from services.experiments.handlers.procedure import Procedure
from services.experiments.handlers.replays import ReplayRunner, ReplayTerms
from services.experiments.handlers.worker import Worker, WorkerTerms
from services.experiments.metrics import ExperimentMetrics
from services.experiments.settings import ExperimentsSettings

MIGRATIONS = "services.experiments.migrations"


def build(deps: Deps) -> App:
    """The service, ready to start."""
    app = App("experiments", deps)
    settings = load_settings(ExperimentsSettings)
    database = Database.for_service(app, MIGRATIONS)
    queue, heads = QueueStore(database), HeadStore(database)
    fleet, ledger = FleetStore(database), TestLedger(database, settings.lifetime())
    judging = _judging(app, settings, database, queue, fleet, ledger)
    worker = Worker(
        app,
        database,
        queue,
        heads,
        Leases(database, settings.worker, settings.lease_seconds),
        judging,
        WorkerTerms(settings.attempts_max, settings.lease_seconds, settings.poll_seconds),
    )
    app.every(settings.poll_seconds, worker.work)
    Handlers(app, database, heads, queue, fleet, settings.replay_urls).subscribe()
    app.api.include_router(build_router(queue, ledger, settings.alpha_budget))
    return app


def _judging(
    app: App,
    settings: ExperimentsSettings,
    database: Database,
    queue: QueueStore,
    fleet: FleetStore,
    ledger: TestLedger,
) -> Judging:
    now, cache = app.clock.now, ReplayCache(database)
    terms = _terms(settings)
    reviews = ReviewLog(DatasetsClient(app.client("datasets")))
    preparation = Preparation(
        reviews,
        ledger,
        fleet,
        ReviewGateClient(app.client("review_gate")),
        RuntimeConfigClient(app.client("runtime_config")),
        _runner(app, settings, cache, fleet),
        terms,
        now,
    )
    procedure = Procedure(database, ledger, fleet, reviews, terms, now)
    gathering = Gathering(database, ledger, queue, reviews, preparation, terms, now)
    metrics = ExperimentMetrics(app.metrics.registry)
    return Judging(
        database, queue, ledger, cache, preparation, procedure, gathering, metrics, terms, now
    )


def _terms(settings: ExperimentsSettings) -> Terms:
    return Terms(
        limits=Limits(settings.error_margin, settings.latency_floor_ms),
        policy=settings.policy(),
        budget=settings.alpha_budget,
        settle_seconds=settings.settle_seconds,
        lessons_max=settings.lessons_max,
        reviews_max=settings.reviews_max,
        takeover_reviews=settings.takeover_reviews,
    )


def _runner(
    app: App, settings: ExperimentsSettings, cache: ReplayCache, fleet: FleetStore
) -> ReplayRunner:
    return ReplayRunner(
        cache,
        ReplayClient(_replay_client(app), settings.replay_timeout_seconds),
        fleet,
        ReplayTerms(
            settings.replay_batch, settings.replay_parallel, settings.replay_patience_seconds
        ),
        app.clock.monotonic,
    )


def _replay_client(app: App) -> httpx.AsyncClient:
    """For addresses that agents announce; tests put their own under the name `replay`."""
    given = app.deps.clients.get("replay")
    if given is not None:
        return given
    client = service_client("")
    app.on_stop(client.aclose)
    return client


if __name__ == "__main__":
    run(build)
