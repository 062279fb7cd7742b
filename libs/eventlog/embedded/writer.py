"""One thread writes for everybody: what waits together is synced together (group commit)."""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

from libs.eventlog.embedded.store import Store
from libs.eventlog.port import EventLogFull, Message

T = TypeVar("T")
GROUP_BYTES_MAX = 32 * 1024 * 1024
FAILED_SECONDS = 30.0


@dataclass
class _Job:
    messages: Sequence[Message]
    call: Callable[[Store], object] | None
    done: asyncio.Future[object]
    payload_bytes: int = 0


class Writer:
    """Owns the writing connection."""

    def __init__(self, store: Store, waiting_bytes_max: int) -> None:
        self._store = store
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._waiting_bytes = 0
        self._waiting_bytes_max = waiting_bytes_max
        self._loop = asyncio.get_running_loop()
        self._failed: tuple[float, Exception] | None = None
        self.partitions: dict[str, int] = store.topics()
        self._last_ms = store.last_ms()
        self._thread = threading.Thread(target=self._run, name="eventlog-writer", daemon=True)
        self._thread.start()

    async def append(self, messages: Sequence[Message]) -> None:
        """Return when synced; raise `EventLogFull` when too much waits already."""
        payload_bytes = sum(len(message.value) + len(message.key) for message in messages)
        if self._waiting_bytes and self._waiting_bytes + payload_bytes > self._waiting_bytes_max:
            raise EventLogFull(f"{self._waiting_bytes} bytes wait for the disk already")
        self._waiting_bytes += payload_bytes
        try:
            job = _Job(messages, None, self._loop.create_future(), payload_bytes)
            self._jobs.put(job)
            await asyncio.shield(job.done)
        finally:
            self._waiting_bytes -= payload_bytes

    async def call(self, function: Callable[[Store], T]) -> T:
        """Run something else that writes, in turn."""
        job = _Job((), function, self._loop.create_future())
        self._jobs.put(job)
        return cast(T, await asyncio.shield(job.done))

    def failure(self) -> Exception | None:
        """What the last write met, if that was lately: whoever failed tries again."""
        if self._failed is None or time.monotonic() - self._failed[0] > FAILED_SECONDS:
            return None
        return self._failed[1]

    async def close(self) -> None:
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job.call is not None:
                self._finish([job], job.call)
                continue
            group, follower = self._gather(job)
            messages = [message for one in group for message in one.messages]
            self._finish(group, partial(self._append, messages))
            if follower is None:
                continue
            if follower.call is None:
                return
            self._finish([follower], follower.call)

    def _gather(self, first: _Job) -> tuple[list[_Job], _Job | None]:
        """Appends that wait already, and the job that ended the group (no call: the end)."""
        group, size = [first], first.payload_bytes
        while size < GROUP_BYTES_MAX:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return group, _Job((), None, first.done)
            if job.call is not None:
                return group, job
            group.append(job)
            size += job.payload_bytes
        return group, None

    def _append(self, messages: Sequence[Message], store: Store) -> None:
        # A later record is never older, whatever the clock does: it decides which copy counts.
        self._last_ms = max(self._last_ms, time.time_ns() // 1_000_000)
        store.append(messages, self.partitions, self._last_ms)

    def _finish(self, jobs: Sequence[_Job], function: Callable[[Store], object]) -> None:
        try:
            result, error = function(self._store), None
        except Exception as caught:
            result, error = None, caught
        self._loop.call_soon_threadsafe(self._resolve, jobs, result, error)

    def _resolve(self, jobs: Sequence[_Job], result: object, error: Exception | None) -> None:
        self._failed = (time.monotonic(), error) if error else None
        for job in jobs:
            if job.done.done():
                continue
            if error is not None:
                job.done.set_exception(error)
            else:
                job.done.set_result(result)
