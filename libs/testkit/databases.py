"""Where a test's services keep their tables: SQLite, or PostgreSQL when the run asks for it.

`PAWL_TEST_DATABASE=postgresql` runs any suite on PostgreSQL; each home gets a database of its own,
so that services that a test starts again in the same home find what they wrote.
"""

import hashlib
import os
from pathlib import Path

import asyncpg

ASKED = "PAWL_TEST_DATABASE"
SERVER = "PAWL_TEST_POSTGRES_URL"
"""Set by the session's fixture once the server runs."""


def postgres_is_asked() -> bool:
    """Whether this run is on PostgreSQL."""
    wanted = os.environ.get(ASKED, "sqlite")
    if wanted not in ("sqlite", "postgresql"):
        raise ValueError(f"{ASKED} is sqlite or postgresql, not {wanted!r}")
    return wanted == "postgresql"


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
