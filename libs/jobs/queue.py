"""A durable queue in SQL that several processes work on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Table, delete, func, or_, select, update

from libs.facts import storable
from libs.storage import Database, Transaction
from libs.storage.upsert import insert_many_ignoring

REASONS_MAX = 3
NOTE_CHARS_MAX = 2000
WAITING, REFUSED = "waiting", "refused"
Scopes = frozenset[str] | None
"""None: all of them."""


@dataclass(frozen=True)
class NewJob:
    """`job_id` is equal for every copy of the same job, at most 200 characters."""

    job_id: str
    payload: str
    scope: str = ""
    lane: str | None = None
    cause: str = ""
    """The trace that its work continues."""


@dataclass(frozen=True)
class Job:
    """`due_at` is when others may take it: a job that was woken meanwhile has another."""

    job_id: str
    payload: str
    lane: str | None
    attempts: int
    due_at: datetime


class Queue:
    """A job that is taken is hidden for `lease_seconds`; if it is not settled by then, it is due
    again: its worker died. So work may be done twice, and its effects have to bear that.
    """

    def __init__(self, database: Database, table: Table, holder: str, lease_seconds: float) -> None:
        self._database = database
        self._table = table
        self._holder = holder
        self._lease = timedelta(seconds=lease_seconds)

    async def add(self, tx: Transaction, jobs: Sequence[NewJob], now: datetime) -> None:
        """Keep them, due at once, in this order. What is there already stays as it is."""
        if not jobs:
            return
        rows = [
            {
                "job_id": one.job_id,
                "lane": one.lane,
                "scope": one.scope,
                "payload": one.payload,
                "state": WAITING,
                "attempts": 0,
                "note": "",
                "holder": "",
                "due_at": now,
            }
            for one in jobs
        ]
        await tx.execute(insert_many_ignoring(tx.connection, self._table, rows))
        await tx.remember_each({one.job_id: one.cause for one in jobs if one.cause})

    async def take(self, now: datetime, limit: int) -> list[Job]:
        """What is due, in the order in which it came; nobody else gets it for a while."""
        table = self._table
        due = (
            select(table)
            .where(table.c.state == WAITING, table.c.due_at <= now)
            .order_by(table.c.sequence)
            .limit(limit)
        )
        async with self._database.read() as connection:  # nothing is written when nothing is due
            if (await connection.execute(due.limit(1))).first() is None:
                return []
        until = now + self._lease
        async with self._database.transaction() as tx:
            rows = list(await tx.execute(due.with_for_update(skip_locked=True)))
            taken = table.c.sequence.in_([row.sequence for row in rows])
            await tx.execute(update(table).where(taken).values(due_at=until, holder=self._holder))
        return [Job(row.job_id, row.payload, row.lane, row.attempts, until) for row in rows]

    async def reclaim(self, now: datetime) -> None:
        """What this holder took and did not settle is due at once: it died, or it failed."""
        table = self._table
        async with self._database.transaction() as tx:
            mine = (table.c.holder == self._holder, table.c.state == WAITING)
            await tx.execute(update(table).where(*mine).values(due_at=now, holder=""))

    async def wake(self, tx: Transaction, lane: str, now: datetime) -> None:
        """Try everything of the lane again: what it waited for may have come."""
        table = self._table
        await tx.execute(
            update(table)
            .where(table.c.lane == lane, table.c.state == WAITING, table.c.due_at > now)
            .values(due_at=now)
        )

    async def finish(self, tx: Transaction, job_ids: Collection[str]) -> None:
        """They are done."""
        await tx.execute(delete(self._table).where(self._table.c.job_id.in_(job_ids)))
        await tx.forget_causes(job_ids)

    async def postpone(
        self, tx: Transaction, job: Job, note: str, due_at: datetime, lane: str | None = None
    ) -> None:
        """Try again later, unless it was woken meanwhile; `lane` once it is known."""
        table = self._table
        known = {} if lane is None else {"lane": lane}
        await tx.execute(
            update(table)
            .where(table.c.job_id == job.job_id, table.c.due_at == job.due_at)
            .values(
                attempts=table.c.attempts + 1, note=_note(note), due_at=due_at, holder="", **known
            )
        )

    async def refuse(self, tx: Transaction, job_id: str, note: str) -> None:
        """It can never be done; it stays, with the reason."""
        await tx.execute(
            update(self._table)
            .where(self._table.c.job_id == job_id)
            .values(state=REFUSED, note=_note(note), holder="")
        )
        await tx.forget_causes([job_id])

    async def count(self, lane: str | None = None, scopes: Scopes = None) -> int:
        """How much waits in this lane, jobs of which it is not known yet included."""
        query = self._waiting(select(func.count()), lane, scopes)
        async with self._database.read() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def reasons(self, lane: str, scopes: Scopes = None) -> tuple[str, ...]:
        """Why it waits, the commonest first; what was not tried yet has no reason."""
        note = self._table.c.note
        query = self._waiting(select(note), lane, scopes).where(note != "")
        query = query.group_by(note).order_by(func.count().desc(), note)
        async with self._database.read() as connection:
            return tuple((await connection.execute(query.limit(REASONS_MAX))).scalars())

    def _waiting(self, query: Select[Any], lane: str | None, scopes: Scopes) -> Select[Any]:
        table = self._table
        query = query.where(table.c.state == WAITING)
        if lane is not None:
            query = query.where(or_(table.c.lane == lane, table.c.lane.is_(None)))
        return query if scopes is None else query.where(table.c.scope.in_(scopes))


def _note(text: str) -> str:
    """It may quote what another service or a broken input said."""
    return storable(text[:NOTE_CHARS_MAX])
