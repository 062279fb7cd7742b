"""Migrations with Alembic: one shared environment, one history and version table a service."""

from importlib import import_module
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.runtime.logs import get_logger
from libs.storage.tables import METADATA


async def migrate(engine: AsyncEngine, service: str, migrations: str) -> None:
    """Bring the service's tables to the newest version; safe to run at every start.

    Tables that a newer version of Pawl made stay as they are: migrations only add.
    """
    package = import_module(migrations)
    folder = Path(next(iter(package.__path__)))
    async with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # services share a server: one at a time
            await connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7229)")
            await connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{service}"')
        await connection.run_sync(METADATA.create_all)
        await connection.run_sync(_upgrade, service, folder)


def _upgrade(connection: Connection, service: str, folder: Path) -> None:
    scripts = ScriptDirectory(str(folder), version_locations=[str(folder / "versions")])

    def pending(revision: object, context: MigrationContext) -> list[object]:
        current = context.get_current_heads()
        known = {script.revision for script in scripts.walk_revisions()}
        if newer := sorted(set(current) - known):  # this code was rolled back
            get_logger(service).warning(
                "tables are of a newer version", at=newer, this_version=scripts.get_heads()
            )
            return []
        return list(scripts._upgrade_revs("heads", current or "base"))  # type: ignore[arg-type]

    context = MigrationContext.configure(
        connection,
        opts={"version_table": f"alembic_version_{service}", "fn": pending, "script": scripts},
    )
    with Operations.context(context):
        context.run_migrations()
