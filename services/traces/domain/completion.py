"""When a trace is complete, and which revision that is."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from libs.contracts.events import TraceCompleted
from services.traces.domain.span import SpanRow


@dataclass(frozen=True)
class Waits:
    """How long a trace stays open, in milliseconds."""

    quiet_ms: int
    open_max_ms: int

    def due_ms(self, first_ms: int, last_ms: int, root_seen: bool) -> int:
        """When to call it complete, if nothing more comes."""
        longest = first_ms + self.open_max_ms
        return min(last_ms + self.quiet_ms, longest) if root_seen else longest


@dataclass(frozen=True)
class TraceKey:
    """A trace of a project: the same trace id in two projects is two traces."""

    project: str
    trace_id: str

    @property
    def digest(self) -> str:
        """A key of fixed length, however long the project's name."""
        text = f"{self.project}\x00{self.trace_id}".encode("utf-8", "replace")
        return hashlib.blake2b(text, digest_size=16).hexdigest()


@dataclass(frozen=True)
class Touch:
    """A batch brought spans of this trace; `root_seen` when its root was among them."""

    key: TraceKey
    root_seen: bool


@dataclass(frozen=True)
class Tracked:
    """A row of the working table. `revision` 0: nothing was published that it remembers."""

    key: TraceKey
    touches: int
    due_ms: int
    revision: int
    fingerprint: str


@dataclass(frozen=True)
class Summary:
    """A trace as the store holds it. `fingerprint` changes exactly when its spans do."""

    key: TraceKey
    root_name: str
    status: Literal["UNSET", "OK", "ERROR"]
    agent: str | None
    session_id: str | None
    user_id: str | None
    config_digest: str | None
    start_ns: int
    end_ns: int
    span_count: int
    error_count: int
    tokens_total: int
    cost_usd: float
    fingerprint: str


def touches(rows: Iterable[SpanRow]) -> list[Touch]:
    """One a trace."""
    roots: dict[tuple[str, str], bool] = {}
    for row in rows:
        place = (row.project, row.trace_id)
        roots[place] = roots.get(place, False) or (
            row.parent_span_id is None and not row.event_only
        )
    return [Touch(TraceKey(*place), root) for place, root in roots.items()]


def completed(summary: Summary, tracked: Tracked) -> TraceCompleted | None:
    """The event to publish, or None when these very spans were published before."""
    if tracked.revision and summary.fingerprint == tracked.fingerprint:
        return None
    return TraceCompleted(
        project=summary.key.project,
        trace_id=summary.key.trace_id,
        agent=summary.agent,
        session_id=summary.session_id,
        root_name=summary.root_name,
        started_at=instant(summary.start_ns),
        ended_at=instant(summary.end_ns),
        span_count=summary.span_count,
        error_count=summary.error_count,
        config_digest=summary.config_digest,
        revision=tracked.revision + 1,
    )


def instant(nanoseconds: int) -> datetime:
    """A UTC time, to the microsecond."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
