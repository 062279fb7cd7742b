"""Wires the acceptor."""

from dataclasses import dataclass

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
from services.experiments.adapters.live_sql import LiveStore
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
from services.experiments.handlers.live import LiveTests
from services.experiments.handlers.preparation import Preparation, Terms
from services.experiments.handlers.procedure import Procedure
from services.experiments.handlers.replays import ReplayRunner, ReplayTerms
from services.experiments.handlers.worker import Worker, WorkerTerms
from services.experiments.metrics import ExperimentMetrics
from services.experiments.settings import ExperimentsSettings

MIGRATIONS = "services.experiments.migrations"


@dataclass(frozen=True)
class _Stores:
    database: Database
    queue: QueueStore
    heads: HeadStore
    fleet: FleetStore
    ledger: TestLedger
    live: LiveStore
    cache: ReplayCache
    reviews: ReviewLog
    configs: RuntimeConfigClient


def build(deps: Deps) -> App:
    """The service, ready to start."""
    app = App("experiments", deps)
    settings = load_settings(ExperimentsSettings)
    database = Database.for_service(app, MIGRATIONS)
    stores = _Stores(
        database=database,
        queue=QueueStore(database),
        heads=HeadStore(database),
        fleet=FleetStore(database),
        ledger=TestLedger(database, settings.lifetime()),
        live=LiveStore(database),
        cache=ReplayCache(database),
        reviews=ReviewLog(DatasetsClient(app.client("datasets"))),
        configs=RuntimeConfigClient(app.client("runtime_config")),
    )
    worker = _worker(app, settings, stores)
    app.every(settings.poll_seconds, worker.work)
    Handlers(
        app,
        database,
        stores.heads,
        stores.queue,
        stores.fleet,
        stores.live,
        settings.replay_urls,
    ).subscribe()
    app.api.include_router(build_router(stores.queue, stores.ledger, settings.alpha_budget))
    return app


def _worker(app: App, settings: ExperimentsSettings, stores: _Stores) -> Worker:
    now, terms = app.clock.now, _terms(settings)
    preparation = Preparation(
        stores.reviews,
        stores.ledger,
        stores.fleet,
        ReviewGateClient(app.client("review_gate")),
        stores.configs,
        _runner(app, settings, stores),
        terms,
        now,
    )
    database, ledger, queue = stores.database, stores.ledger, stores.queue
    procedure = Procedure(database, ledger, stores.fleet, stores.reviews, terms, now)
    judging = Judging(
        database,
        queue,
        ledger,
        stores.cache,
        stores.live,
        preparation,
        procedure,
        Gathering(database, ledger, queue, stores.reviews, preparation, procedure, terms, now),
        ExperimentMetrics(app.metrics.registry),
        terms,
        now,
    )
    live_tests = LiveTests(
        database, stores.live, ledger, stores.reviews, stores.configs, preparation, terms, now
    )
    return Worker(
        app,
        database,
        queue,
        stores.heads,
        Leases(database, settings.worker, settings.lease_seconds),
        judging,
        stores.live,
        live_tests,
        WorkerTerms(settings.attempts_max, settings.lease_seconds, settings.poll_seconds),
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


def _runner(app: App, settings: ExperimentsSettings, stores: _Stores) -> ReplayRunner:
    return ReplayRunner(
        stores.cache,
        ReplayClient(_replay_client(app), settings.replay_timeout_seconds),
        stores.fleet,
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
