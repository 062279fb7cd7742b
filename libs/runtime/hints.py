"""Hints between replicas: "look now" instead of at the next poll. Never the only way to learn.

A hint may be lost, doubled or late, and Redis may vanish: whoever listens looks by itself too,
only later.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.runtime.logs import get_logger

Heard = Callable[[str], Awaitable[None]]
PREFIX = "pawl:hint:"
TELL_SECONDS_MAX = 0.3
AGAIN_SECONDS = 1.0


class Hints(Protocol):
    """Short texts by subject, to every replica that listens."""

    async def tell(self, subject: str, text: str) -> None:
        """Never raises, and never takes long."""

    def listen(self, subject: str, heard: Heard) -> None:
        """Call before `start`; `heard` should not raise."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class LocalHints:
    """Within one process: embedded, and wherever there is no Redis."""

    def __init__(self) -> None:
        self._listeners: defaultdict[str, list[Heard]] = defaultdict(list)

    async def tell(self, subject: str, text: str) -> None:
        for heard in self._listeners[subject]:
            with suppress(Exception):
                await heard(text)

    def listen(self, subject: str, heard: Heard) -> None:
        self._listeners[subject].append(heard)

    async def start(self) -> None:
        return

    async def stop(self) -> None:
        return


class RedisHints(LocalHints):
    """Over Redis publish/subscribe; listens again by itself after an outage."""

    def __init__(self, url: str) -> None:
        super().__init__()
        seconds: dict[str, Any] = {
            "socket_connect_timeout": AGAIN_SECONDS,
            "socket_timeout": None,
        }
        self._listening_client: Any = Redis.from_url(url, **seconds)
        self._telling_client: Any = Redis.from_url(url, **seconds)
        self._task: asyncio.Task[None] | None = None
        self._away = False

    async def tell(self, subject: str, text: str) -> None:
        try:
            async with asyncio.timeout(TELL_SECONDS_MAX):
                await self._telling_client.publish(PREFIX + subject, text)
        except (RedisError, OSError, TimeoutError) as error:
            self._note(error)

    async def start(self) -> None:
        if self._listeners:
            self._task = asyncio.create_task(self._listen_for_ever())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        for client in (self._listening_client, self._telling_client):
            with suppress(RedisError, OSError):
                await client.aclose()

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                self._note(error)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen(self) -> None:
        async with self._listening_client.pubsub() as channel:
            await channel.subscribe(*(PREFIX + subject for subject in self._listeners))
            self._away = False
            async for message in channel.listen():
                if message["type"] == "message":
                    subject = message["channel"].decode().removeprefix(PREFIX)
                    await super().tell(subject, message["data"].decode(errors="replace"))

    def _note(self, error: Exception) -> None:
        """Once an outage: without hints everything works, only later."""
        if not self._away:
            get_logger("hints").warning("Redis is away, going on without", error=repr(error))
        self._away = True


def open_hints(redis_url: str) -> Hints:
    """Redis where there is one."""
    return RedisHints(redis_url) if redis_url else LocalHints()
