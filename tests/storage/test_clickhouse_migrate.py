"""Migrations run once, in order, never change afterwards, and fit chDB and a cluster."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from libs.runtime.errors import StartupError
from libs.storage.clickhouse import ClickHouse
from libs.storage.clickhouse_migrate import migrate, read_migrations, render, statements

FIRST = """
-- A comment; with a semicolon.
CREATE TABLE notes $on_cluster (id UInt8) ENGINE = ${replicated}ReplacingMergeTree
ORDER BY id SETTINGS $durability;

INSERT INTO notes VALUES (1);
"""


@pytest.fixture
def package(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "packages" / "note_migrations"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "0001_notes.sql").write_text(FIRST)
    sys.path.insert(0, str(folder.parent))
    yield folder
    sys.path.remove(str(folder.parent))
    sys.modules.pop("note_migrations", None)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ClickHouse]:
    opened = ClickHouse(f"chdb://{tmp_path / 'chdb'}")
    await opened.start()
    yield opened
    await opened.close()


async def notes(store: ClickHouse) -> list[int]:
    return [row[0] for row in await store.rows("SELECT id FROM notes ORDER BY id")]


async def test_each_migration_runs_once(store: ClickHouse, package: Path) -> None:
    assert await migrate(store, "note_migrations") == ["0001_notes.sql"]
    (package / "0002_more.sql").write_text("INSERT INTO notes VALUES (2);")
    assert await migrate(store, "note_migrations") == ["0002_more.sql"]
    assert await migrate(store, "note_migrations") == []
    assert await notes(store) == [1, 2]


async def test_an_applied_migration_that_changed_is_refused(
    store: ClickHouse, package: Path
) -> None:
    await migrate(store, "note_migrations")
    (package / "0001_notes.sql").write_text(FIRST + "\nINSERT INTO notes VALUES (3);")
    with pytest.raises(StartupError, match="add a new file"):
        await migrate(store, "note_migrations")


async def test_a_number_used_twice_is_refused(package: Path) -> None:
    (package / "0001_again.sql").write_text("SELECT 1;")
    with pytest.raises(StartupError, match="used twice"):
        read_migrations("note_migrations")


def test_on_a_cluster_tables_are_replicated_and_need_no_sync() -> None:
    text = render(FIRST, ClickHouse("clickhouse://ch:8123/pawl", cluster="main"))
    assert "notes ON CLUSTER 'main' (" in text
    assert "ReplicatedReplacingMergeTree" in text
    assert "fsync_after_insert = 1" not in text


def test_statements_end_at_semicolons_that_end_a_line() -> None:
    assert statements("SELECT ';' ;\nSELECT 2;\n-- done\n") == ["SELECT ';'", "SELECT 2"]


def test_every_shipped_statement_is_ready_for_a_cluster() -> None:
    cluster = ClickHouse("clickhouse://ch:8123/pawl", cluster="main")
    for _, name, text in read_migrations("services.traces.clickhouse"):
        for statement in statements(render(text, cluster)):
            assert "ON CLUSTER 'main'" in statement, name
            if "ENGINE" in statement:
                assert "ENGINE = Replicated" in statement, name


async def test_a_second_directory_in_one_process_is_refused_with_a_reason(
    store: ClickHouse, tmp_path: Path
) -> None:
    second = ClickHouse(f"chdb://{tmp_path / 'other'}")
    with pytest.raises(StartupError, match="one process only"):
        await second.start()
