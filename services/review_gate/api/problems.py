"""What the gate refuses, as HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.exceptions import HTTPException

from services.review_gate.domain.errors import (
    ConflictError,
    ForgeUnavailableError,
    GateError,
    InvalidConfigError,
    NotAllowedError,
    NotFoundError,
)

_STATUS: dict[type[GateError], int] = {
    NotFoundError: 404,
    ConflictError: 409,
    NotAllowedError: 403,
    InvalidConfigError: 422,
    ForgeUnavailableError: 503,
}


@contextmanager
def as_http() -> Iterator[None]:
    """Turn a `GateError` into the answer that names it."""
    try:
        yield
    except GateError as error:
        status = _STATUS.get(type(error), 500)
        headers = {"Retry-After": "5"} if status == 503 else None
        raise HTTPException(status, str(error), headers) from error
