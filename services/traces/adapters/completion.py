"""The working table in SQL: which traces are open, when they are due, what was published.

A trace is touched after its spans are stored and before their offset is committed, so that a crash
in between touches it again. Completion writes the new revision and puts the event into the outbox
in one transaction: killed before it, the trace is still due; after it, the outbox publishes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from libs.contracts.events import TraceCompleted
from libs.runtime.tracing import continued, continuing_each
from libs.storage import Database, Transaction
from services.traces.domain.completion import Touch, TraceKey, Tracked, Waits
from services.traces.tables import TRACE_STATE

KEYS_MAX = 500
STEP_MS = 1_000
"""By less the clock is only trimmed."""
ORPHANED_MS = 10_000
"""Another instance's trace is taken over when it is overdue by this much."""
C = TRACE_STATE.c
Publication = tuple[Tracked, TraceCompleted | None, str]
"""What was tracked, the event to publish if any, and the fingerprint now."""


class CompletionTable:
    """`owner` names this instance: it completes what it touched last."""

    def __init__(self, database: Database, waits: Waits, owner: str) -> None:
        self._database = database
        self._waits = waits
        self._owner = owner
        self._touch = _touch_statement(database.engine.dialect.name, waits)

    async def touch(
        self, touches: Sequence[Touch], now_ms: int, causes: Mapping[TraceKey, str] | None = None
    ) -> None:
        """Open or reopen traces, in one transaction; `causes`: of the traces they go on in."""
        values = [self._row(touch, now_ms) for touch in touches]
        # A fixed order, so that two instances on PostgreSQL cannot deadlock.
        values.sort(key=lambda value: value["key"])
        if values:
            async with self._database.transaction() as tx:
                await tx.execute(self._touch, values)
                await tx.remember_each({key.digest: one for key, one in (causes or {}).items()})

    def _row(self, touch: Touch, now_ms: int) -> dict[str, Any]:
        return {
            "key": touch.key.digest,
            "project": touch.key.project,
            "trace_id": touch.key.trace_id,
            "owner": self._owner,
            "first_ms": now_ms,
            "last_ms": now_ms,
            "root_seen": touch.root_seen,
            "touches": 1,
            "due_ms": self._waits.due_ms(now_ms, now_ms, touch.root_seen),
            "revision": 0,
            "fingerprint": "",
        }

    async def due(self, now_ms: int, count_max: int) -> list[Tracked]:
        """Traces to complete now, most overdue first."""
        mine = and_(C.owner == self._owner, self._late(now_ms, STEP_MS))
        orphaned = self._late(now_ms - ORPHANED_MS, 3 * ORPHANED_MS)
        query = select(TRACE_STATE).where(or_(mine, orphaned)).order_by(C.due_ms)
        async with self._database.read() as connection:
            return [_tracked(row) for row in await connection.execute(query.limit(count_max))]

    def _late(self, now_ms: int, step_ms: int) -> ColumnElement[bool]:
        """Due; or touched in the future, since when the clock was put back: that may be far off."""
        from_ms = now_ms + step_ms
        ahead = and_(C.due_ms > from_ms + self._waits.quiet_ms, C.last_ms > from_ms)
        return or_(C.due_ms <= now_ms, ahead)

    async def publish(self, publications: Sequence[Publication]) -> list[TraceCompleted]:
        """Record revisions and hand the events to the outbox; returns those that went out."""
        sent: list[TraceCompleted] = []
        for start in range(0, len(publications), KEYS_MAX):
            async with self._database.transaction() as tx:
                sent += await self._publish(tx, publications[start : start + KEYS_MAX])
        return sent

    async def _publish(
        self, tx: Transaction, publications: Sequence[Publication]
    ) -> list[TraceCompleted]:
        keys = [tracked.key.digest for tracked, _, _ in publications]
        query = select(C.key, C.revision).where(C.key.in_(keys)).order_by(C.key).with_for_update()
        now = {row.key: row for row in await tx.execute(query)}
        changes: list[dict[str, Any]] = []
        events: list[TraceCompleted] = []
        causes = await tx.causes(keys)
        published: list[str] = []
        for tracked, event, fingerprint in publications:
            row = now.get(tracked.key.digest)
            if row is None or row.revision > tracked.revision:
                continue  # another instance was faster
            if event is not None:
                events.append(event)
                published.append(causes.get(row.key, ""))
            changes.append(
                {
                    "at_key": row.key,
                    "at_touches": tracked.touches,
                    "new_revision": event.revision if event else tracked.revision,
                    "new_fingerprint": fingerprint,
                }
            )
        if changes:
            await tx.execute(_CLOSE, changes)
        with continuing_each(published, "traces complete"):
            await tx.publish_many(events, [continued(cause) for cause in published])
        await tx.forget_causes(keys)
        return events

    async def open_among(self, keys: Sequence[TraceKey]) -> set[TraceKey]:
        """Those of the given traces that are not complete."""
        by_digest = {key.digest: key for key in keys}
        found: set[TraceKey] = set()
        digests = list(by_digest)
        async with self._database.read() as connection:
            for start in range(0, len(digests), KEYS_MAX):
                part = digests[start : start + KEYS_MAX]
                query = select(C.key).where(C.key.in_(part), C.due_ms.is_not(None))
                found |= {by_digest[row.key] for row in await connection.execute(query)}
        return found

    async def forgettable(self, before_ms: int, count_max: int) -> list[Tracked]:
        """Complete traces that nothing has touched since."""
        query = select(TRACE_STATE).where(C.due_ms.is_(None), C.last_ms < before_ms)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(C.last_ms).limit(count_max))
            return [_tracked(row) for row in rows]

    async def forget(self, rows: Sequence[Tracked]) -> None:
        """Delete those that were not touched in between."""
        values = [{"at_key": row.key.digest, "at_touches": row.touches} for row in rows]
        if values:
            async with self._database.transaction() as tx:
                await tx.execute(_FORGET, values)


def _tracked(row: Any) -> Tracked:
    key = TraceKey(row.project, row.trace_id)
    return Tracked(key, row.touches, row.due_ms or 0, row.revision, row.fingerprint)


_UNTOUCHED = C.touches == bindparam("at_touches")
# Touched meanwhile: the revision counts all the same, but the trace stays open.
_CLOSE = (
    update(TRACE_STATE)
    .where(C.key == bindparam("at_key"))
    .values(
        revision=bindparam("new_revision"),
        fingerprint=bindparam("new_fingerprint"),
        due_ms=case((_UNTOUCHED, None), else_=C.due_ms),
    )
)
_FORGET = delete(TRACE_STATE).where(C.key == bindparam("at_key"), _UNTOUCHED, C.due_ms.is_(None))


def _touch_statement(dialect: str, waits: Waits) -> Any:
    """Insert, or update: a complete trace starts a new wait, an open one keeps its first time."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(TRACE_STATE)
    new = statement.excluded
    root_seen = or_(C.root_seen, new.root_seen)
    first_ms = case((C.due_ms.is_(None), new.first_ms), else_=C.first_ms)
    longest = first_ms + waits.open_max_ms
    quiet = new.last_ms + waits.quiet_ms
    return statement.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "owner": new.owner,
            "first_ms": first_ms,
            "last_ms": new.last_ms,
            "root_seen": root_seen,
            "touches": C.touches + 1,
            "due_ms": case((and_(root_seen, quiet < longest), quiet), else_=longest),
        },
    )
