"""Inbox, outbox and effects happen together or not at all."""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, select
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local import LocalPostgres
from libs.contracts.events import ClusterUpdated
from libs.contracts.topics import CLUSTER_UPDATED
from libs.eventlog import Message
from libs.runtime import App
from libs.storage import Database, upsert
from libs.testkit.apps import embedded_deps
from libs.testkit.eventlog_suite import Collector

NOTES = Table(
    "notes", MetaData(), Column("id", Integer, primary_key=True), Column("text", String(100))
)
MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True),
                    sa.Column("text", sa.String(100)))
"""


def cluster_updated(revision: int) -> ClusterUpdated:
    return ClusterUpdated(
        cluster_id="c1",
        agent="a",
        name="n",
        status="open",
        failure="override",
        size=1,
        revision=revision,
        updated_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return ""
    postgres: LocalPostgres = request.getfixturevalue("postgres")
    engine = create_async_engine(postgres.url)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("DROP SCHEMA IF EXISTS clustering CASCADE")
    await engine.dispose()
    return postgres.url


@pytest.fixture
def migrations(tmp_path: Path) -> Iterator[str]:
    package = tmp_path / "packages" / "notes_migrations"
    (package / "versions").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "versions" / "0001_notes.py").write_text(MIGRATION)
    sys.path.insert(0, str(package.parent))
    yield "notes_migrations"
    sys.path.remove(str(package.parent))
    sys.modules.pop("notes_migrations", None)


async def notes(database: Database) -> list[str]:
    async with database.read() as connection:
        return [row.text for row in await connection.execute(select(NOTES).order_by("id"))]


async def test_an_event_handled_twice_has_one_effect(
    tmp_path: Path, migrations: str, database_url: str
) -> None:
    async with embedded_deps(tmp_path, database_url=database_url) as deps:
        app = App("clustering", deps)
        database = Database.for_service(app, migrations)
        await app.start()
        for _ in range(2):
            async with database.transaction() as tx:
                if await tx.first_time(cluster_updated(1)):
                    await tx.execute(NOTES.insert().values(id=1, text="once"))
        assert await notes(database) == ["once"]
        await app.stop()


async def test_an_exception_undoes_effect_inbox_and_outbox(
    tmp_path: Path, migrations: str, database_url: str
) -> None:
    async with embedded_deps(tmp_path, database_url=database_url) as deps:
        app = App("clustering", deps)
        database = Database.for_service(app, migrations)
        await app.start()
        seen = Collector()
        await deps.log.subscribe(CLUSTER_UPDATED.name, "test", seen)
        with pytest.raises(RuntimeError):
            async with database.transaction() as tx:
                await tx.first_time(cluster_updated(1))
                await tx.execute(NOTES.insert().values(id=1, text="never"))
                await tx.publish(cluster_updated(1))
                raise RuntimeError
        async with database.transaction() as tx:
            assert await tx.first_time(cluster_updated(1))
            await tx.publish(cluster_updated(2))
        await seen.until(1)
        assert await notes(database) == []
        assert [r.headers["ce_id"] for r in seen.records] == ["cluster:c1:2"]
        await app.stop()


async def test_what_was_committed_is_published_after_a_crash_before_the_relay(
    tmp_path: Path, migrations: str, database_url: str
) -> None:
    async with embedded_deps(tmp_path, database_url=database_url) as deps:
        app = App("clustering", deps)
        database = Database.for_service(app, migrations)
        await app.start()
        publish_for_real = deps.log.publish

        async def broken(messages: Sequence[Message]) -> None:
            raise OSError("the process dies here")

        deps.log.publish = broken  # type: ignore[method-assign]
        async with database.transaction() as tx:
            await tx.publish(cluster_updated(1))
            await tx.publish(cluster_updated(2))
        await app.stop()

        deps.log.publish = publish_for_real  # type: ignore[method-assign]
        restarted = App("clustering", deps)
        Database.for_service(restarted, migrations)
        seen = Collector()
        await deps.log.subscribe(CLUSTER_UPDATED.name, "test", seen)
        await restarted.start()
        await seen.until(2)
        await restarted.stop()
    assert [r.headers["ce_id"] for r in seen.records] == ["cluster:c1:1", "cluster:c1:2"]


async def test_upsert_keeps_one_row_with_the_newest_values(
    tmp_path: Path, migrations: str, database_url: str
) -> None:
    async with embedded_deps(tmp_path, database_url=database_url) as deps:
        app = App("clustering", deps)
        database = Database.for_service(app, migrations)
        await app.start()
        for text in ("old", "new"):
            async with database.transaction() as tx:
                await tx.execute(upsert(tx.connection, NOTES, id=1, text=text))
        assert await notes(database) == ["new"]
        await app.stop()
