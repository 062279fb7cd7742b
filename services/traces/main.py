"""Wiring of the trace store."""

import secrets
import uuid
from functools import partial

from libs.contracts.events import EvaluationRecorded, FeedbackRecorded
from libs.contracts.topics import EVALUATION_RECORDED, FEEDBACK_RECORDED, OTLP_SPANS
from libs.runtime import App, Deps
from libs.runtime.errors import StartupError
from libs.runtime.settings import load_settings
from libs.storage import Database
from libs.storage.clickhouse import ClickHouse, dsn_of
from libs.storage.clickhouse_migrate import migrate
from services.traces import api
from services.traces.adapters.completion import CompletionTable
from services.traces.adapters.jq_runner import JqRunner
from services.traces.adapters.judgements import evaluation_columns, feedback_columns
from services.traces.adapters.listing import Listing
from services.traces.adapters.reader import Reader
from services.traces.adapters.several import Several
from services.traces.adapters.writer import Writer, retention
from services.traces.api.access import Access
from services.traces.domain.completion import Waits
from services.traces.domain.normalise import normalise_bytes
from services.traces.domain.prices import PricesError, PriceTable
from services.traces.handlers import StoreSpans
from services.traces.metrics import TracesMetrics
from services.traces.settings import TracesSettings
from services.traces.store_judgements import StoreEvents
from services.traces.sweep import Sweep

FORGET_SECONDS = 30.0
SWEEP_SECONDS_MAX = 1.0


def build(deps: Deps) -> App:
    """Everything the service is made of."""
    settings = load_settings(TracesSettings)
    app = App("traces", deps)
    store = ClickHouse(dsn_of(deps.settings), settings.clickhouse_cluster)
    database = Database.for_service(app, migrations="services.traces.migrations")
    waits = Waits(int(settings.quiet_seconds * 1000), int(settings.open_seconds_max * 1000))
    completion = CompletionTable(database, waits, owner=secrets.token_hex(8))
    metrics = TracesMetrics(app.metrics.registry)
    writer = Writer(store, metrics)
    _lifecycle(app, store)
    _consume(app, settings, writer, completion, metrics)
    _timers(app, settings, store, writer, completion, metrics)
    listing = Listing(store, completion)
    access = Access(
        app=app,
        settings=settings,
        store=store,
        listing=listing,
        reader=Reader(store, listing),
        several=Several(store, listing),
        jq=JqRunner(settings.jq_seconds_max, settings.jq_bytes_max),
        new_id=lambda: str(uuid.uuid4()),
    )
    api.install(app.api, access)
    return app


def _lifecycle(app: App, store: ClickHouse) -> None:
    async def start() -> None:
        await store.start()
        await migrate(store, "services.traces.clickhouse")

    app.on_start(start)
    app.on_stop(store.close)
    app.health.probes["clickhouse"] = store.probe


def _consume(
    app: App,
    settings: TracesSettings,
    writer: Writer,
    completion: CompletionTable,
    metrics: TracesMetrics,
) -> None:
    days = retention(settings.retention_days, settings.retention_days_by_project)
    spans = StoreSpans(
        normalise=partial(normalise_bytes, prices=_prices(settings)),
        writer=writer,
        completion=completion,
        metrics=metrics,
        clock=app.clock,
        retention_days=days,
        bytes_max=settings.batch_bytes_max,
    )
    app.subscribe_batch(
        OTLP_SPANS,
        spans,
        batch_max=settings.batch_records_max,
        batch_wait_seconds=settings.batch_wait_seconds,
    )
    evaluations = partial(evaluation_columns, retention_days=days)
    app.subscribe_batch(
        EVALUATION_RECORDED,
        StoreEvents(writer, EvaluationRecorded, "evaluations", evaluations),
        batch_max=500,
        batch_wait_seconds=0.05,
    )
    app.subscribe_batch(
        FEEDBACK_RECORDED,
        StoreEvents(writer, FeedbackRecorded, "feedback", feedback_columns),
        batch_max=500,
        batch_wait_seconds=0.02,
    )


def _prices(settings: TracesSettings) -> PriceTable:
    """The operator's price table, else the shipped one. Raises `StartupError`."""
    path = settings.prices_file
    if path is None:
        return PriceTable.shipped()
    try:
        return PriceTable.parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, PricesError) as error:
        raise StartupError(f"PAWL_TRACES_PRICES_FILE: {error}") from error


def _timers(
    app: App,
    settings: TracesSettings,
    store: ClickHouse,
    writer: Writer,
    completion: CompletionTable,
    metrics: TracesMetrics,
) -> None:
    days_max = max([settings.retention_days, *settings.retention_days_by_project.values()])
    sweep = Sweep(
        store, writer, completion, metrics, app.clock, settings.remember_seconds, days_max
    )
    app.every(min(SWEEP_SECONDS_MAX, settings.quiet_seconds / 5), sweep.complete)
    app.every(FORGET_SECONDS, sweep.forget)


if __name__ == "__main__":
    from libs.runtime.serve import run

    run(build)
