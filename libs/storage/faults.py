"""Errors of the database sorted: what passes by waiting becomes `UnavailableError`."""

from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from libs.runtime.errors import UnavailableError

# SQLSTATE classes: connection, resources, operator intervention, system; and lost races.
PASSING = ("08", "53", "57", "58", "40001", "40P01", "55P03")


@contextmanager
def outages_told_apart() -> Iterator[None]:
    """Raises `UnavailableError` from an error that says nothing of the statement itself."""
    try:
        yield
    except DBAPIError as error:
        if _passes(error):
            raise UnavailableError(f"the database is away: {error.orig!r}") from error
        raise
    except (PoolTimeoutError, OSError, TimeoutError, PostgresError) as error:
        if isinstance(error, PostgresError) and not _state(error).startswith(PASSING):
            raise  # of a connection that was refused, before SQLAlchemy could wrap it
        raise UnavailableError(f"the database does not answer: {error!r}") from error


def _state(error: object) -> str:
    return str(getattr(error, "sqlstate", None) or "")


def _passes(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    if state := _state(error.orig):
        return state.startswith(PASSING)
    text = str(error.orig)
    if isinstance(error, OperationalError):  # SQLite has one class for all
        return "locked" in text or "disk" in text
    return isinstance(error, InterfaceError) and "clos" in text
