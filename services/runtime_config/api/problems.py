"""What the registry refuses, as HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.exceptions import HTTPException

from services.runtime_config.domain.errors import (
    InvalidMoveError,
    NotFoundError,
    RegistryError,
    StaleGenerationError,
)
from services.runtime_config.domain.moves import etag_of

_STATUS: dict[type[RegistryError], int] = {
    NotFoundError: 404,
    InvalidMoveError: 409,
    StaleGenerationError: 412,
}


@contextmanager
def as_http() -> Iterator[None]:
    """Turn a `RegistryError` into the answer that names it."""
    try:
        yield
    except RegistryError as error:
        headers = None
        if isinstance(error, StaleGenerationError) and error.current is not None:
            headers = {"ETag": etag_of(error.current)}
        raise HTTPException(_STATUS.get(type(error), 500), str(error), headers) from error
