"""One SQLAlchemy engine a service: SQLite embedded, PostgreSQL in a cluster."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from libs.runtime.settings import RuntimeSettings

POOL_SIZE = 5
POOL_SECONDS_MAX = 10.0
CONNECT_SECONDS_MAX = 5.0
COMMAND_SECONDS_MAX = 60.0
IDLE_IN_TRANSACTION_MS_MAX = "60000"


def create_engine(settings: RuntimeSettings, service: str) -> AsyncEngine:
    """Open the service's database; a SQLite commit is synced to disk before it returns."""
    if settings.database_url:
        # A schema a service: each table has one owner, also where they share a server.
        arguments = {
            "server_settings": {
                "search_path": service,
                "application_name": f"pawl-{service}",
                # A process that hangs in a transaction must not hold its locks for ever.
                "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_MS_MAX,
            },
            "timeout": CONNECT_SECONDS_MAX,
            "command_timeout": COMMAND_SECONDS_MAX,
        }
        return create_async_engine(
            settings.database_url,
            pool_pre_ping=True,
            pool_size=POOL_SIZE,
            pool_timeout=POOL_SECONDS_MAX,
            connect_args=arguments,
        )
    path = Path(settings.home) / f"{service}.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    event.listen(engine.sync_engine, "connect", _configure_sqlite)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _configure_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin`, not by the driver
    cursor: sqlite3.Cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=10000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Any) -> None:
    read_only = connection.get_execution_options().get("pawl_read_only", False)
    # A write takes its lock at once: an upgrade from a read lock could deadlock.
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
