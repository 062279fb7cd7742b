"""Wires the acceptor."""

from dataclasses import dataclass

import httpx

from libs.runtime import App, Deps
from libs.runtime.http import service_client
from libs.runtime.serve import run
from libs.runtime.settings import load_settings
from libs.storage import Database
from services.experiments.adapters.examples_sql import ExampleStore
from services.experiments.adapters.fleet_sql import FleetStore
from services.experiments.adapters.leases_sql import Leases
from services.experiments.adapters.ledger_sql import LedgerStore
from services.experiments.adapters.pending_sql import PendingStore
from services.experiments.adapters.queue_sql import QueueStore
from services.experiments.adapters.replay_http import ReplayClient
from services.experiments.adapters.replays_sql import ReplayCache
from services.experiments.adapters.services_http import ConfigReader, TraceReader
from services.experiments.api import build_router
from services.experiments.domain.limits import Limits
from services.experiments.handlers.events import Handlers
from services.experiments.handlers.feedback import FeedbackDesk
from services.experiments.handlers.preparation import Preparation, Terms
from services.experiments.handlers.replays import ReplayRunner, ReplayTerms
from services.experiments.handlers.sealed_test import SealedTest
from services.experiments.handlers.worker import Worker, WorkerTerms
from services.experiments.metrics import ExperimentMetrics
from services.experiments.settings import ExperimentsSettings

MIGRATIONS = "services.experiments.migrations"


@dataclass(frozen=True)
class _Stores:
    database: Database
    examples: ExampleStore
    pending: PendingStore
    queue: QueueStore
    fleet: FleetStore
    ledger: LedgerStore
    cache: ReplayCache
    configs: ConfigReader
    metrics: ExperimentMetrics


def build(deps: Deps) -> App:
    """The service, ready to start."""
    app = App("experiments", deps)
    settings = load_settings(ExperimentsSettings)
    database = Database.for_service(app, MIGRATIONS)
    stores = _Stores(
        database=database,
        examples=ExampleStore(database),
        pending=PendingStore(database),
        queue=QueueStore(database),
        fleet=FleetStore(database),
        ledger=LedgerStore(database, settings.budget()),
        cache=ReplayCache(database),
        configs=ConfigReader(app.client("review_gate"), app.client("runtime_config")),
        metrics=ExperimentMetrics(app.metrics.registry),
    )
    _add_feedback(app, stores, settings)
    _add_worker(app, stores, settings)
    Handlers(
        app, database, stores.pending, stores.queue, stores.fleet, settings.replay_urls
    ).subscribe()
    app.api.include_router(
        build_router(stores.examples, stores.pending, stores.queue, stores.ledger)
    )
    return app


def _add_feedback(app: App, stores: _Stores, settings: ExperimentsSettings) -> None:
    desk = FeedbackDesk(
        app,
        stores.database,
        stores.pending,
        stores.examples,
        stores.ledger,
        stores.fleet,
        TraceReader(app.client("traces")),
        stores.configs,
    )

    async def drain() -> None:
        await desk.drain()
        stores.metrics.pending.set(await stores.pending.count(None))

    app.every(settings.poll_seconds, drain)


def _add_worker(app: App, stores: _Stores, settings: ExperimentsSettings) -> None:
    now, limits = app.clock.now, Limits(settings.error_margin, settings.latency_floor_ms)
    runner = ReplayRunner(
        stores.cache,
        ReplayClient(_replay_client(app), settings.replay_timeout_seconds),
        stores.fleet,
        ReplayTerms(
            settings.replay_batch, settings.replay_parallel, settings.replay_patience_seconds
        ),
        app.clock.monotonic,
    )
    preparation = Preparation(
        stores.examples,
        stores.ledger,
        stores.fleet,
        stores.configs,
        runner,
        Terms(limits, settings.power_min, settings.settle_seconds),
        now,
    )
    worker = Worker(
        app,
        stores.database,
        stores.queue,
        Leases(stores.database, settings.worker, settings.lease_seconds),
        stores.cache,
        preparation,
        SealedTest(stores.database, stores.ledger, stores.queue, limits, now),
        stores.metrics,
        WorkerTerms(settings.attempts_max, settings.lease_seconds, settings.poll_seconds),
    )
    app.every(settings.poll_seconds, worker.work)


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
