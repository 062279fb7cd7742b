"""The timer that completes traces and forgets those long complete."""

from datetime import datetime

import pyarrow as pa

from libs.runtime import Clock
from libs.storage.clickhouse import ClickHouse
from services.traces.adapters.completion import CompletionTable, Publication
from services.traces.adapters.past import past_revisions
from services.traces.adapters.summaries import summaries
from services.traces.adapters.writer import Writer
from services.traces.domain.completion import Tracked, completed
from services.traces.metrics import TracesMetrics

TRACES_MAX = 1000
FORGET_MAX = 5000


class Sweep:
    """Run by `App.every`; one run at a time."""

    def __init__(
        self,
        store: ClickHouse,
        writer: Writer,
        completion: CompletionTable,
        metrics: TracesMetrics,
        clock: Clock,
        remember_seconds: float,
        retention_days_max: int,
    ) -> None:
        self._store = store
        self._writer = writer
        self._completion = completion
        self._metrics = metrics
        self._clock = clock
        self._remember_ms = int(remember_seconds * 1000)
        self._retention_days_max = retention_days_max

    async def complete(self) -> None:
        """Publish every trace that is due."""
        while due := await self._completion.due(self._now_ms(), TRACES_MAX):
            await self._complete(due)
            if len(due) < TRACES_MAX:
                return

    async def _complete(self, due: list[Tracked]) -> None:
        known = await past_revisions(self._store, due)
        found = await summaries(self._store, [tracked.key for tracked in known])
        publications: list[Publication] = []
        for tracked in known:
            summary = found.get(tracked.key)
            if summary is None:  # nothing stored, or its time to live is over
                publications.append((tracked, None, tracked.fingerprint))
                continue
            publications.append((tracked, completed(summary, tracked), summary.fingerprint))
        sent = await self._completion.publish(publications)
        self._metrics.traces_completed.inc(len(sent))
        now_ms = self._now_ms()
        for tracked in known:
            self._metrics.completion_lag_seconds.observe(max(0, now_ms - tracked.due_ms) / 1000)

    async def forget(self) -> None:
        """Move complete traces from the working table to ClickHouse: stored there first."""
        before_ms = self._now_ms() - self._remember_ms
        while rows := await self._completion.forgettable(before_ms, FORGET_MAX):
            published = [row for row in rows if row.revision]
            await self._writer.insert("completions", self._columns(published))
            await self._completion.forget(rows)
            if len(rows) < FORGET_MAX:
                return

    def _columns(self, rows: list[Tracked]) -> pa.Table:
        now: datetime = self._clock.now()
        expires = now.date().toordinal() - 719_163 + self._retention_days_max
        count = len(rows)
        return pa.table(
            {
                "project": pa.array([row.key.project for row in rows], pa.string()),
                "trace_id": pa.array(
                    [bytes.fromhex(row.key.trace_id) for row in rows], pa.binary(16)
                ),
                "revision": pa.array([row.revision for row in rows], pa.uint32()),
                "fingerprint": pa.array([row.fingerprint for row in rows], pa.string()),
                "completed_at": pa.array([now] * count, pa.timestamp("ms", "UTC")),
                "expires_at": pa.array([expires] * count, pa.int32()).cast(pa.date32()),
            }
        )

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)
