"""`pawl migrate`: every service's tables and the trace store, before the services start."""

import asyncio
from pathlib import Path

import typer

import services
from libs.contracts.routes import SERVICES
from libs.runtime.logs import configure_logging
from libs.runtime.settings import RuntimeSettings, load_settings
from libs.storage.clickhouse import ClickHouse, dsn_of
from libs.storage.clickhouse_migrate import migrate as migrate_clickhouse
from libs.storage.engine import create_engine
from libs.storage.migrate import migrate as migrate_sql
from services.traces.settings import TracesSettings

ROOT = Path(next(iter(services.__path__)))


def migrate() -> None:
    """Bring all tables to this version; safe to run at any time, and again."""
    configure_logging("info")
    asyncio.run(_migrate())


async def _migrate() -> None:
    settings = load_settings(RuntimeSettings)
    for name in SERVICES:
        if (ROOT / name / "migrations").is_dir():
            engine = create_engine(settings, name)
            await migrate_sql(engine, name, f"services.{name}.migrations")
            await engine.dispose()
            typer.echo(f"{name}: tables are ready")
    store = ClickHouse(dsn_of(settings), load_settings(TracesSettings).clickhouse_cluster)
    await store.start()
    await migrate_clickhouse(store, "services.traces.clickhouse")
    await store.close()
    typer.echo("traces: store is ready")
