"""How often a client asks the brokers where everything is.

aiokafka 0.14 asks again at once when a connection is refused, or when a partition has no leader:
after an orderly stop of the broker that is thousands of times a second, on a whole core, with two
lines of log each. Here the questions of one client are spaced, and more so as they fail.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka.client import AIOKafkaClient

from libs.eventlog.kafka.mending import wrap_once

PAUSE_SECONDS = 0.1
PAUSE_SECONDS_MAX = 1.0
Update = Callable[..., Awaitable[bool]]


class Pace:
    """When one client may ask next."""

    def __init__(self) -> None:
        self._failures = 0
        self._next_at = 0.0

    async def wait(self) -> None:
        await asyncio.sleep(max(0.0, self._next_at - time.monotonic()))

    def asked(self, *, answered: bool) -> None:
        self._failures = 0 if answered else self._failures + 1
        pause = min(PAUSE_SECONDS_MAX, PAUSE_SECONDS * 2.0 ** min(self._failures, 10))
        self._next_at = time.monotonic() + random.uniform(pause / 2, pause)


def _paced(update: Update) -> Update:
    async def update_metadata(client: AIOKafkaClient, *arguments: Any) -> bool:
        pace: Pace = vars(client).setdefault("_pawl_pace", Pace())
        await pace.wait()
        answered = await update(client, *arguments)
        pace.asked(answered=answered)
        return answered

    return update_metadata


def pace_metadata() -> None:
    """For every client of this process; once is enough."""
    wrap_once(AIOKafkaClient, "_metadata_update", _paced)
