"""Waiting for something that other processes do."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from examples.procurement.demo.errors import DemoError

T = TypeVar("T")

POLL_SECONDS = 0.15
PATIENCE_SECONDS = 120.0


async def wait_for(
    what: str, probe: Callable[[], Awaitable[T | None]], seconds: float = PATIENCE_SECONDS
) -> T:
    """Ask until the probe answers something else than None; `DemoError` when it never does."""
    deadline = time.monotonic() + seconds
    while True:
        found = await probe()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise DemoError(f"waited {seconds:g} s for {what}: see the log, then start again")
        await asyncio.sleep(POLL_SECONDS)
