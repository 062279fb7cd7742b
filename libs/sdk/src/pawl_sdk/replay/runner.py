"""Inputs through the agent, a few at a time, each with a deadline and without a trace."""

import asyncio
import contextvars
import functools
import inspect
import json
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pawl_sdk.config import ConfigClient, Snapshot
from pawl_sdk.current import REPLAY, ReplayRecord

RunAgent = Callable[[Snapshot, Any], Any]
"""(snapshot, input) to the answer; plain or async. Must have no effect outside the process."""


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
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="pawl-replay")

    async def replay(self, snapshot: Snapshot, inputs: Sequence[Any]) -> list[Replayed]:
        """Answers in the order of the inputs."""
        return list(await asyncio.gather(*(self._in_turn(snapshot, one) for one in inputs)))

    async def _in_turn(self, snapshot: Snapshot, given: Any) -> Replayed:
        async with self._turns:
            record, started = ReplayRecord(), time.perf_counter()
            output, error = None, None
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    answer = await self._answer(snapshot, given, record)
                output = _plain(answer)
            except TimeoutError:
                error = f"no answer within {self._timeout_seconds:g} s"
            except Exception as failure:
                error = f"{type(failure).__name__}: {failure}"
            latency_ms = (time.perf_counter() - started) * 1000
            return Replayed(
                output, error, latency_ms, record.tokens, record.tool_calls, record.facts
            )

    async def _answer(self, snapshot: Snapshot, given: Any, record: ReplayRecord) -> Any:
        if inspect.iscoroutinefunction(self._run):
            with self._pinned(snapshot, record):
                return await self._run(snapshot, given)
        context = contextvars.copy_context()
        call = functools.partial(context.run, self._call, snapshot, given, record)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def _call(self, snapshot: Snapshot, given: Any, record: ReplayRecord) -> Any:
        with self._pinned(snapshot, record):
            return self._run(snapshot, given)

    @contextmanager
    def _pinned(self, snapshot: Snapshot, record: ReplayRecord) -> Iterator[None]:
        token = REPLAY.set(record)
        try:
            with self._config.run_with(snapshot), untraced():
                yield
        finally:
            REPLAY.reset(token)


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
