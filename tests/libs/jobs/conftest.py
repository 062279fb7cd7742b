"""Tables of leases and of a queue, on each database that services use."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import MetaData, Table

from libs.jobs import leases_table, queue_table
from libs.runtime import App
from libs.storage import Database
from libs.storage.engine import create_engine
from libs.storage.tables import METADATA
from libs.testkit.apps import embedded_deps


@dataclass
class Store:
    """One service's tables; `another` opens them as a second process would."""

    app: App
    database: Database
    leases: Table
    queue: Table
    others: list[Database] = field(default_factory=list)

    def another(self) -> Database:
        self.others.append(Database(self.app, create_engine(self.app.deps.settings, self.app.name)))
        return self.others[-1]


@pytest.fixture
async def store(tmp_path: Path, either_database: str) -> AsyncIterator[Store]:
    metadata = MetaData()
    leases, queue = leases_table("x_leases", metadata), queue_table("x_queue", metadata)
    async with embedded_deps(tmp_path) as deps:
        app = App("datasets", deps)
        database = Database(app, create_engine(deps.settings, app.name))
        async with database.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{app.name}"')
            await connection.run_sync(METADATA.create_all)
            await connection.run_sync(metadata.create_all)
        made = Store(app, database, leases, queue)
        yield made
        for one in (database, *made.others):
            await one.close()
