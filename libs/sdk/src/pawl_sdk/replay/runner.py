"""Inputs through the agent, a few at a time, each with a deadline and without a trace."""

import asyncio
import concurrent.futures
import contextvars
import functools
import inspect
import json
import secrets
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pawl_sdk.config import ConfigClient, Snapshot
from pawl_sdk.current import REPLAY, ReplayRecord

RunAgent = Callable[[Snapshot, Any], Any]
"""(snapshot, input) to the answer; plain or async. Must have no effect outside the process."""

Ended = tuple[Any, str | None]
"""The answer, or why there is none."""


class NoTurn(Exception):
    """Runs that are past their deadline still run, and leave no room for others."""


@dataclass(frozen=True)
class Replayed:
    """One line of the answer."""

    output: Any
    error: str | None
    latency_ms: float
    tokens: int
    tool_calls: int
    facts: dict[str, Any] | None


class Runner:
    """`concurrency` runs at once. A run that passes its deadline is reported, and left to end."""

    def __init__(
        self, config: ConfigClient, run: RunAgent, concurrency: int, timeout_seconds: float
    ) -> None:
        self._config = config
        self._run = run
        self._timeout_seconds = timeout_seconds
        self._turns = asyncio.Semaphore(concurrency)

    async def replay(self, snapshot: Snapshot, inputs: Sequence[Any]) -> list[Replayed]:
        """Answers in the order of the inputs; raises `NoTurn`."""
        patience_seconds = self._timeout_seconds * len(inputs)  # enough for one after the other
        runs = (self._in_turn(snapshot, one, patience_seconds) for one in inputs)
        return list(await asyncio.gather(*runs))

    async def _in_turn(self, snapshot: Snapshot, given: Any, patience_seconds: float) -> Replayed:
        await self._take_turn(patience_seconds)
        record, started = ReplayRecord(), time.perf_counter()
        loop = asyncio.get_running_loop()
        call = _in_thread(functools.partial(self._call, loop, snapshot, given, record))
        # A thread cannot be ended: its turn is held until it ends, also behind the deadline.
        call.add_done_callback(lambda _: self._turns.release())
        await asyncio.wait({call}, timeout=self._timeout_seconds)
        late = f"no answer within {self._timeout_seconds:g} s"
        output, error = call.result() if call.done() else (None, late)
        latency_ms = (time.perf_counter() - started) * 1000
        return Replayed(output, error, latency_ms, record.tokens, record.tool_calls, record.facts)

    async def _take_turn(self, patience_seconds: float) -> None:
        try:
            async with asyncio.timeout(patience_seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise NoTurn(
                f"no turn within {patience_seconds:g} s: earlier runs are past their deadline and "
                "still run"
            ) from None

    def _call(
        self,
        loop: asyncio.AbstractEventLoop,
        snapshot: Snapshot,
        given: Any,
        record: ReplayRecord,
    ) -> Ended:
        try:
            with self._pinned(snapshot, record):
                answer = self._run(snapshot, given)
                if inspect.isawaitable(answer):  # runs where the agent's own async clients live
                    answer = asyncio.run_coroutine_threadsafe(self._awaited(answer), loop).result()
            return _plain(answer), None
        except BaseException as failure:  # SystemExit too: it is this run's, not the agent's
            return None, f"{type(failure).__name__}: {failure}"

    async def _awaited(self, answer: Awaitable[Any]) -> Any:
        async with asyncio.timeout(self._timeout_seconds):
            return await answer

    @contextmanager
    def _pinned(self, snapshot: Snapshot, record: ReplayRecord) -> Iterator[None]:
        token = REPLAY.set(record)
        try:
            with self._config.run_with(snapshot), untraced():
                yield
        finally:
            REPLAY.reset(token)


def _in_thread(call: Callable[[], Ended]) -> "asyncio.Future[Ended]":
    """A daemon thread, unlike an executor's: a run that hangs does not hold up the exit."""
    ended: concurrent.futures.Future[Ended] = concurrent.futures.Future()
    context = contextvars.copy_context()

    def run() -> None:
        ended.set_result(context.run(call))

    threading.Thread(target=run, name="pawl-replay", daemon=True).start()
    return asyncio.wrap_future(ended)


@contextmanager
def untraced() -> Iterator[None]:
    """No span of this context is recorded: its parent says that the trace is not sampled."""
    try:
        from opentelemetry import context, trace
    except ImportError:
        yield
        return
    parent = trace.NonRecordingSpan(
        trace.SpanContext(secrets.randbits(128) | 1, secrets.randbits(64) | 1, is_remote=False)
    )
    inner = trace.set_span_in_context(parent)
    inner = context.set_value(context._SUPPRESS_INSTRUMENTATION_KEY, True, inner)
    token = context.attach(inner)
    try:
        yield
    finally:
        context.detach(token)


def _plain(answer: Any) -> Any:
    """As a reader of the JSON gets it; an answer that is no JSON is an error of its run."""
    return json.loads(json.dumps(answer))
