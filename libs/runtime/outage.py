"""Telling an outage from a bad message, and how long one message waits for an outage to end."""

from collections.abc import Callable
from typing import Any

import httpx

from libs.eventlog import EventLogFull, Record
from libs.runtime.errors import UnavailableError

AWAY = (UnavailableError, EventLogFull, ConnectionError, TimeoutError, httpx.TransportError)


def is_outage(error: BaseException) -> bool:
    """Whether something that the work needs is away; looks through what was raised from it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, AWAY):
            return True
        seen = seen.__cause__
    return False


def why(error: BaseException) -> dict[str, Any]:
    """For a line of the log: an outage in a word, anything else with its traceback."""
    return {"why": repr(error)} if is_outage(error) else {"exc_info": error}


class Patience:
    """Remembers since when a message could not be handled."""

    def __init__(self, seconds_max: float, monotonic: Callable[[], float]) -> None:
        self._seconds_max = seconds_max
        self._monotonic = monotonic
        self._since: dict[tuple[int, int], float] = {}

    def lasts(self, record: Record) -> bool:
        """Whether the message should wait longer."""
        since = self._since.setdefault(record.place, self._monotonic())
        return self._monotonic() - since < self._seconds_max

    def forget(self, record: Record) -> None:
        """It was dealt with."""
        if self._since:
            self._since.pop(record.place, None)
