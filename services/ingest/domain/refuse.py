"""Why a whole request is not taken: one table for HTTP and gRPC."""

from enum import Enum


class Why(Enum):
    """Each with its google.rpc code and its HTTP status."""

    MALFORMED = (3, 400)
    UNAUTHENTICATED = (16, 401)
    DENIED = (7, 403)
    TOO_SLOW = (4, 408)
    TOO_LARGE = (8, 413)
    UNSUPPORTED = (3, 415)
    LIMITED = (8, 429)
    BUSY = (8, 503)

    @property
    def code(self) -> int:
        return self.value[0]

    @property
    def http_status(self) -> int:
        return self.value[1]


class RefusedError(Exception):
    """The request is not taken; `retry_after_seconds` when the same one may come again."""

    def __init__(self, why: Why, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.why = why
        self.message = message
        self.retry_after_seconds = retry_after_seconds
