"""What an agent holds: the current config, kept current by two background threads."""

import os
import random
import time
import uuid
import weakref
from asyncio import to_thread
from contextvars import ContextVar
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from pawl_sdk.bundle import Bundle
from pawl_sdk.config.activate import Activator, make_snapshot
from pawl_sdk.config.errors import ConfigUnavailable
from pawl_sdk.config.listen import Listener
from pawl_sdk.config.options import ConfigOptions
from pawl_sdk.config.registry import Registry
from pawl_sdk.config.run import Pinned, PinnedRun, pin_in
from pawl_sdk.config.snapshot import Active, Snapshot
from pawl_sdk.config.store import StateStore
from pawl_sdk.config.worker import Worker
from pawl_sdk.current import CURRENT_RUN

FRESH_SECONDS_MAX = 2.0
"""How long a start with a config on disk waits for a newer one from the registry."""


class ConfigClient:
    """`with ConfigClient(agent="buyer") as config:` then `with config.run(key) as snapshot:`.

    Takes the fields of `ConfigOptions` as keywords. Reading takes no lock: it is one attribute.
    """

    def __init__(self, *, transport: httpx.BaseTransport | None = None, **options: Any) -> None:
        self.options = ConfigOptions(**options)
        self._transport = transport
        self._active: Active | None = None
        self._pinned: Pinned = ContextVar("pawl_pinned", default=None)
        self._activator: Activator | None = None
        self._threads: tuple[Registry, Worker, Listener] | None = None

    def start(self, timeout_seconds: float = 15.0) -> "ConfigClient":
        """Load from disk, follow the registry; raises `ConfigUnavailable` when there is neither."""
        until = time.monotonic() + timeout_seconds
        registry = Registry(self.options, self._transport)
        activator = Activator(self.options, registry, self._store())
        self._active = activator.from_disk()
        worker = self._follow(registry, activator)
        if self._active is not None:
            worker.contacted.wait(min(timeout_seconds, FRESH_SECONDS_MAX))
        while self._active is None and time.monotonic() < until:
            time.sleep(0.01)
        if self._active is None:
            why = worker.problem() or f"{self.options.shown_url} gives no answer for this agent"
            self.stop()
            raise ConfigUnavailable(
                f"no config for agent {self.options.agent!r}, channel {self.options.channel!r}: "
                f"{why}. None is saved in {self.options.state_dir or 'a file'} either. "
                "Start the registry, "
                "check `url` and `api_key`, or import a first config: pawl config import"
            )
        return self

    async def start_async(self, timeout_seconds: float = 15.0) -> "ConfigClient":
        """As `start`, without blocking the event loop."""
        return await to_thread(self.start, timeout_seconds)

    def _store(self) -> StateStore | None:
        chosen = self.options
        if chosen.state_dir is None:
            return None
        return StateStore(Path(chosen.state_dir), chosen.agent, chosen.channel, chosen.shown_url)

    def _follow(self, registry: Registry, activator: Activator) -> Worker:
        self._activator = activator
        worker = Worker(self.options, registry, activator, self._swap, self._active)
        listener = Listener(self.options, registry, worker)
        worker.on_contact = listener.hurry
        self._threads = (registry, worker, listener)
        worker.start()
        listener.start()
        _followed.add(self)
        _register_fork_hook()
        return worker

    def _heir(self, registry: Registry) -> Activator:
        return Activator(self.options, registry, self._store(), heir_of=self._activator)

    def _swap(self, active: Active) -> None:
        self._active = active

    def _resume_in_child(self) -> None:
        """A fork has no threads, and the run that it was begun in is its parent's, as is the
        replay server: follow anew, as an instance of its own."""
        if self._pinned.get() is not None:
            self._pinned.set(None)
            CURRENT_RUN.set(None)
        if self._threads is not None:
            own = f"{self.options.instance_id}-{uuid.uuid4().hex[:6]}"
            self.options = replace(
                self.options, instance_id=own, chance=random.Random(), replay_url=None
            )
            registry = Registry(self.options, self._transport)
            self._follow(registry, self._heir(registry))

    def stop(self, timeout_seconds: float = 3.0) -> None:
        """Stop following and say goodbye; the last snapshot stays readable."""
        if self._threads is not None:
            registry, worker, listener = self._threads
            self._threads = None
            listener.stop()
            worker.stop(timeout_seconds)
            registry.close()
            listener.join(timeout_seconds)

    @property
    def snapshot(self) -> Snapshot:
        """The pinned snapshot inside a run, else the current one of the channel."""
        pin = pin_in(self._pinned)
        return pin.snapshot if pin else self._current().stable

    def run(self, key: str | None = None) -> PinnedRun:
        """Pin one snapshot for a run. The same key always lands on the same side of a canary."""
        if pin := pin_in(self._pinned):
            return PinnedRun(self._pinned, pin.snapshot)
        chosen = self._current().choose(uuid.uuid4().hex if key is None else key)
        return PinnedRun(self._pinned, chosen)

    def run_with(self, snapshot: Snapshot) -> PinnedRun:
        """Pin a given snapshot, such as a candidate in a replay."""
        return PinnedRun(self._pinned, snapshot)

    def candidate(self, bundle: Bundle) -> Snapshot:
        """A snapshot of a bundle that is not served, built like one that is; raises `Refused`."""
        return make_snapshot(self.options, bundle, generation=0)

    def load(self, digest: str) -> Snapshot:
        """A released config by digest, verified; raises `Refused` or `Unreachable`."""
        for known in (self._current().stable, self._current().canary):
            if known is not None and known.digest == digest:
                return known
        registry = Registry(self.options, self._transport)
        try:
            return self._heir(registry).released(digest)
        finally:
            registry.close()

    def announce_replay(self, url: str | None) -> None:
        """Tell the registry where this instance replays."""
        self.options = replace(self.options, replay_url=url)
        if self._threads is not None:
            self._threads[1].announce(url)

    def problem(self) -> str:
        """Why the newest config is not served, or no answer comes; else an empty text."""
        return self._threads[1].problem() if self._threads else ""

    def _current(self) -> Active:
        active = self._active
        if active is None:
            raise ConfigUnavailable("no config yet: call start() first")
        return active

    def __enter__(self) -> "ConfigClient":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def __aenter__(self) -> "ConfigClient":
        return await self.start_async()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await to_thread(self.stop)


_followed: "weakref.WeakSet[ConfigClient]" = weakref.WeakSet()


@cache
def _register_fork_hook() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_resume_all)


def _resume_all() -> None:
    for client in list(_followed):
        client._resume_in_child()
