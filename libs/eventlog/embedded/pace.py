"""Who waits for whom in one process: urgent topics first, the others keep a share."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

REST_RATIO = 4.0
"""Under lasting load other topics get one part in five of the time."""
REST_SECONDS_MAX = 5.0
LOOK_SECONDS = 0.02


class Pace:
    """In a cluster each service has its own processor; here evaluating shares it with the door.

    After a delivery a member of another topic rests for a multiple of the time that it took, or
    until no urgent topic has anything to do.
    """

    def __init__(self) -> None:
        self._urgent: set[str] = set()
        self._working = 0

    def declare_urgent(self, topic: str) -> None:
        self._urgent.add(topic)

    @contextmanager
    def working(self, topic: str) -> Iterator[None]:
        """Around a delivery."""
        urgent = topic in self._urgent
        self._working += urgent
        try:
            yield
        finally:
            self._working -= urgent

    async def rest(self, topic: str, worked_seconds: float, stopping: asyncio.Event) -> None:
        """Make room for urgent work, if there is any."""
        if topic in self._urgent:
            return
        until = time.monotonic() + min(worked_seconds * REST_RATIO, REST_SECONDS_MAX)
        while self._working and time.monotonic() < until and not stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)
