"""Span ids that follow from the id of the run.

A run that was cut short and is done again sends the same spans again; the trace store replaces
what it already has, so that nothing is counted twice.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator


@dataclass
class _Counting:
    run_id: str
    count: int = 0


_current: ContextVar[_Counting | None] = ContextVar("procurement_run", default=None)


@contextmanager
def run_ids(run_id: str) -> Iterator[None]:
    """Spans that start inside get ids of this run."""
    token = _current.set(_Counting(run_id))
    try:
        yield
    finally:
        _current.reset(token)


def trace_id_of(run_id: str) -> str:
    """The trace id of a run, 32 hex digits."""
    return hashlib.sha256(f"trace:{run_id}".encode()).hexdigest()[:32]


class RunIdGenerator(IdGenerator):
    """Random outside of a run."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()

    def generate_trace_id(self) -> int:
        run = _current.get()
        return int(trace_id_of(run.run_id), 16) if run else self._random.generate_trace_id()

    def generate_span_id(self) -> int:
        run = _current.get()
        if run is None:
            return self._random.generate_span_id()
        run.count += 1
        digest = hashlib.sha256(f"span:{run.run_id}:{run.count}".encode()).digest()
        return int.from_bytes(digest[:8], "big")
