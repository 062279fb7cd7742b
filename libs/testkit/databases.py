"""Where a test's services keep their tables: SQLite, or PostgreSQL when a test or the run asks.

`PAWL_TEST_DATABASE=postgresql` runs every suite on PostgreSQL; the fixture `either_database` runs a
suite on both. Each home gets a database of its own, so that services that a test starts again in
the same home find what they wrote.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

ASKED = "PAWL_TEST_DATABASE"
SERVER = "PAWL_TEST_POSTGRES_URL"
"""Set by the fixtures once the server runs."""


async def database_of(home: Path) -> str:
    """The URL for services in `home`; empty is SQLite."""
    server = os.environ.get(SERVER, "")
    if not server:
        return ""
    name = f"t{hashlib.sha256(str(home).encode()).hexdigest()[:16]}"
    connection = await asyncpg.connect(server.replace("+asyncpg", ""))
    try:
        known = "SELECT 1 FROM pg_database WHERE datname = $1"
        if not await connection.fetchval(known, name):
            await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return f"{server.rpartition('/')[0]}/{name}"


@pytest.fixture(scope="session", autouse=True)
def _asked_database(request: pytest.FixtureRequest) -> Iterator[None]:
    """Starts the server when the whole run is on PostgreSQL."""
    wanted = os.environ.get(ASKED, "sqlite")
    if wanted not in ("sqlite", "postgresql"):
        raise ValueError(f"{ASKED} is sqlite or postgresql, not {wanted!r}")
    with pytest.MonkeyPatch.context() as patch:
        if wanted == "postgresql":
            patch.setenv(SERVER, request.getfixturevalue("postgres").url)
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def either_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs a test on each database that the platform keeps its tables in."""
    name: str = request.param
    if name == "postgresql":
        monkeypatch.setenv(SERVER, request.getfixturevalue("postgres").url)
    else:
        monkeypatch.delenv(SERVER, raising=False)
    return name
