"""Insert-or-update and insert-or-ignore that read the same on SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Insert = postgresql.Insert | sqlite.Insert


def _insert(connection: AsyncConnection, table: Table) -> Insert:
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_ignoring(connection: AsyncConnection, table: Table, **values: Any) -> Insert:
    """Insert; a row with the same primary key stays as it is (rowcount 0)."""
    return _insert(connection, table).values(**values).on_conflict_do_nothing()


def insert_many_ignoring(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> Insert:
    """Insert rows in one statement; those with a primary key already there stay as they are."""
    return _insert(connection, table).values([dict(row) for row in rows]).on_conflict_do_nothing()


def upsert_each(connection: AsyncConnection, table: Table) -> Insert:
    """As `upsert`, for rows that are given when it is executed."""
    statement = _insert(connection, table)
    keys = [column.name for column in table.primary_key.columns]
    changed = {one.name: statement.excluded[one.name] for one in table.c if one.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def upsert(connection: AsyncConnection, table: Table, **values: Any) -> Insert:
    """Insert; a row with the same primary key gets the other values."""
    keys = [column.name for column in table.primary_key.columns]
    changed = {name: value for name, value in values.items() if name not in keys}
    statement = _insert(connection, table).values(**values)
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)
