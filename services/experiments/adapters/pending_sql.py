"""Feedback whose trace could not be read yet: kept until it can."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pawl_sdk.bundle import is_name
from sqlalchemy import Select, delete, func, or_, select, update

from libs.contracts.events import FeedbackRecorded
from libs.facts import storable
from libs.storage import Database, Transaction
from libs.storage.upsert import insert_many_ignoring
from services.experiments.adapters.examples_sql import Projects
from services.experiments.tables import PENDING

REASONS_MAX = 3
NOTE_CHARS_MAX = 2000


@dataclass(frozen=True)
class Pending:
    feedback: FeedbackRecorded
    attempts: int
    agent: str | None
    """Whose it is, as far as it is known."""
    next_try_at: datetime


class PendingStore:
    """`waiting` is tried again for ever; `refused` can never become an example and says why."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, feedback: Sequence[FeedbackRecorded], now: datetime) -> None:
        """Keep it. What is waiting already stays; what has become an example becomes it again."""
        rows = [
            {
                "feedback_id": one.feedback_id,
                "agent": one.agent if one.agent and is_name(one.agent) else None,
                "project": one.project,
                "event": one.model_dump_json(),
                "state": "waiting",
                "attempts": 0,
                "note": "",
                "next_try_at": now,
            }
            for one in feedback
        ]
        if rows:
            async with self._database.transaction() as tx:
                await tx.execute(insert_many_ignoring(tx.connection, PENDING, rows))

    async def due(self, now: datetime, limit: int) -> list[Pending]:
        """What may be tried now, the longest waiting first."""
        query = (
            select(PENDING)
            .where(PENDING.c.state == "waiting", PENDING.c.next_try_at <= now)
            .order_by(PENDING.c.next_try_at, PENDING.c.feedback_id)
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = list(await connection.execute(query))
        return [
            Pending(
                FeedbackRecorded.model_validate_json(row.event),
                row.attempts,
                row.agent,
                row.next_try_at,
            )
            for row in rows
        ]

    async def wake(self, tx: Transaction, agent: str, now: datetime) -> None:
        """Try everything of the agent again: what it waited for may have come."""
        await tx.execute(
            update(PENDING)
            .where(PENDING.c.agent == agent, PENDING.c.state == "waiting")
            .values(next_try_at=now)
        )

    async def settle(self, tx: Transaction, feedback_ids: Collection[str]) -> None:
        """They have become examples."""
        await tx.execute(delete(PENDING).where(PENDING.c.feedback_id.in_(feedback_ids)))

    async def postpone(
        self,
        tx: Transaction,
        pending: Pending,
        note: str,
        next_try_at: datetime,
        agent: str | None,
    ) -> None:
        """Try again later, unless it was woken meanwhile; `agent` once it is known."""
        known = {"agent": agent} if agent is not None else {}
        await tx.execute(
            update(PENDING)
            .where(PENDING.c.feedback_id == pending.feedback.feedback_id)
            .where(PENDING.c.next_try_at == pending.next_try_at)
            .values(
                attempts=PENDING.c.attempts + 1, note=_note(note), next_try_at=next_try_at, **known
            )
        )

    async def refuse(self, tx: Transaction, feedback_id: str, note: str) -> None:
        await tx.execute(
            update(PENDING)
            .where(PENDING.c.feedback_id == feedback_id)
            .values(state="refused", note=_note(note))
        )

    async def count(self, agent: str | None, projects: Projects = None) -> int:
        """How much waits for this agent, feedback that names no agent included."""
        query = _waiting(select(func.count()), agent, projects)
        async with self._database.read() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def reasons(self, agent: str, projects: Projects) -> tuple[str, ...]:
        """Why it waits, the commonest first; what was not tried yet has no reason."""
        query = _waiting(select(PENDING.c.note), agent, projects).where(PENDING.c.note != "")
        query = query.group_by(PENDING.c.note).order_by(func.count().desc(), PENDING.c.note)
        async with self._database.read() as connection:
            return tuple((await connection.execute(query.limit(REASONS_MAX))).scalars())


def _note(text: str) -> str:
    """It may quote what another service or a broken input said."""
    return storable(text[:NOTE_CHARS_MAX])


def _waiting(query: Select[Any], agent: str | None, projects: Projects) -> Select[Any]:
    query = query.where(PENDING.c.state == "waiting")
    if agent is not None:
        query = query.where(or_(PENDING.c.agent == agent, PENDING.c.agent.is_(None)))
    return query if projects is None else query.where(PENDING.c.project.in_(projects))
