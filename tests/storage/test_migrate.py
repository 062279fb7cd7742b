"""Tables follow the code forward, and a version that is rolled back runs on newer ones."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from libs.runtime.settings import RuntimeSettings
from libs.storage.engine import create_engine
from libs.storage.migrate import migrate
from libs.testkit.databases import database_of

PACKAGE = "rollback_migrations"
SERVICE = "clustering"
MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {before}


def upgrade() -> None:
    op.create_table("notes_{revision}", sa.Column("id", sa.Integer, primary_key=True))
"""
SCRIPTS = {
    "0001": MIGRATION.format(revision="0001", before="None"),
    "0002": MIGRATION.format(revision="0002", before="'0001'"),
    "0003": MIGRATION.format(revision="0003", before="'0002'"),
}
OLD, NEW = ("0001",), ("0001", "0002", "0003")


@pytest.fixture
def versions(tmp_path: Path) -> Iterator[Path]:
    """The folder of a package's scripts."""
    folder = tmp_path / "packages" / PACKAGE / "versions"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    sys.path.insert(0, str(folder.parents[1]))
    yield folder
    sys.path.remove(str(folder.parents[1]))
    sys.modules.pop(PACKAGE, None)


async def start(engine: AsyncEngine, versions: Path, *revisions: str) -> list[Mapping[str, object]]:
    """What a version of the code with these scripts says when it migrates at its start."""
    for script in versions.glob("*.py"):
        script.unlink()
    for revision in revisions:
        (versions / f"{revision}.py").write_text(SCRIPTS[revision])
    with capture_logs() as said:
        await migrate(engine, SERVICE, PACKAGE)
    return list(said)


async def at(engine: AsyncEngine) -> str:
    async with engine.connect() as connection:
        query = text(f"SELECT version_num FROM alembic_version_{SERVICE}")
        return str((await connection.execute(query)).scalar_one())


async def test_an_older_version_starts_on_the_tables_of_a_newer_one(
    tmp_path: Path, versions: Path, either_database: str
) -> None:
    url = await database_of(tmp_path)
    engine = create_engine(RuntimeSettings(home=tmp_path, database_url=url), SERVICE)
    assert await start(engine, versions, *OLD) == []
    assert await start(engine, versions, *NEW[:2]) == []
    said = await start(engine, versions, *OLD)
    assert [(line["log_level"], line["at"]) for line in said] == [("warning", ["0002"])]
    assert await at(engine) == "0002"
    assert await start(engine, versions, *NEW) == []
    assert await at(engine) == "0003"
    async with engine.connect() as connection:
        for revision in NEW:
            await connection.execute(text(f"SELECT id FROM notes_{revision}"))
    await engine.dispose()
