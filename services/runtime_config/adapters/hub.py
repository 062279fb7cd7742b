"""Wakes the streams of this process when a channel moves, here or at another replica."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable

from libs.contracts.api import ChannelPointer

MOVED = "config-channel-moved"
"""Subject of the hints by which replicas tell each other to look."""
Key = tuple[str, str]
ReadPointer = Callable[[str, str], Awaitable[ChannelPointer | None]]


def hint_of(agent: str, channel: str) -> str:
    """Which channel moved, for the other replicas."""
    return json.dumps([agent, channel])


class Hub:
    """Holds the newest pointer of each channel that somebody listens to."""

    def __init__(self, read: ReadPointer) -> None:
        self._read = read
        self._newest: dict[Key, ChannelPointer] = {}
        self._listeners: defaultdict[Key, int] = defaultdict(int)
        self._moved = asyncio.Condition()
        self.closed = False

    async def join(self, key: Key) -> ChannelPointer | None:
        """Start listening; returns the current pointer."""
        self._listeners[key] += 1
        try:
            await self._look(key)
        except BaseException:  # nobody listens whose first look failed or was cancelled
            self.leave(key)
            raise
        return self._newest.get(key)

    def leave(self, key: Key) -> None:
        self._listeners[key] -= 1
        if self._listeners[key] <= 0:
            del self._listeners[key]
            self._newest.pop(key, None)

    async def next(self, key: Key, after: int, seconds: float) -> ChannelPointer | None:
        """The pointer once it is past `after`; None when the time is up or the hub closes."""

        def newer() -> bool:
            newest = self._newest.get(key)
            return self.closed or (newest is not None and newest.generation > after)

        try:
            async with asyncio.timeout(seconds), self._moved:
                await self._moved.wait_for(newer)
        except TimeoutError:
            return None
        return None if self.closed else self._newest.get(key)

    async def offer(self, pointer: ChannelPointer) -> None:
        """A channel moved; older news than what is held is ignored."""
        key = (pointer.agent, pointer.channel)
        held = self._newest.get(key)
        if key in self._listeners and (held is None or held.generation < pointer.generation):
            self._newest[key] = pointer
            async with self._moved:
                self._moved.notify_all()

    async def hear(self, hint: str) -> None:
        """A hint of `hint_of`: look at once at what moved, if somebody listens to it."""
        agent, channel = json.loads(hint)
        if (agent, channel) in self._listeners:
            await self._look((agent, channel))

    async def watch(self) -> None:
        """Find moves that no hint told of."""
        for key in list(self._listeners):
            await self._look(key)

    async def close(self) -> None:
        """End every stream: agents come back to another replica."""
        self.closed = True
        async with self._moved:
            self._moved.notify_all()

    async def _look(self, key: Key) -> None:
        pointer = await self._read(*key)
        if pointer is not None:
            await self.offer(pointer)

    @property
    def listeners(self) -> int:
        return sum(self._listeners.values())
