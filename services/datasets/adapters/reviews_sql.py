"""Reviews in SQL: each with its place in the agent's log."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, select, update

from libs.contracts.api import ExampleView
from libs.contracts.events import ExampleRecorded
from libs.facts import storable
from libs.jobs.queue import Scopes
from libs.storage import Database, Transaction
from libs.storage.upsert import insert_ignoring
from services.datasets.domain.example import Example
from services.datasets.tables import DIGEST_LENGTH, HEADS, REVIEWS


@dataclass(frozen=True)
class Totals:
    """`n` examples by their last review, `reviews` of them in all."""

    n: int
    correct: int
    reviews: int


class ReviewStore:
    """A reader that sees a position can see every position before it.

    Positions of an agent are given out under the lock of its row in `datasets_heads`, which is held
    until the reviews are committed: another replica waits, and then goes on from there.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(
        self, tx: Transaction, agent: str, examples: Sequence[Example]
    ) -> list[ExampleRecorded]:
        """Store those that are not there yet, in this order; one event for each of them."""
        head = await self._locked_head(tx, agent)
        ids = [one.review_id for one in examples]
        known = await tx.execute(select(REVIEWS.c.review_id).where(REVIEWS.c.review_id.in_(ids)))
        there = set(known.scalars())
        fresh = [one for one in examples if one.review_id not in there]
        if not fresh:
            return []
        placed = list(enumerate(fresh, head + 1))
        await tx.execute(insert(REVIEWS), [_values(at, one) for at, one in placed])
        moved = update(HEADS).where(HEADS.c.agent == agent).values(position=head + len(fresh))
        await tx.execute(moved)
        return [_event(at, one) for at, one in placed]

    async def _locked_head(self, tx: Transaction, agent: str) -> int:
        await tx.execute(insert_ignoring(tx.connection, HEADS, agent=agent, position=0))
        query = select(HEADS.c.position).where(HEADS.c.agent == agent).with_for_update()
        return int((await tx.execute(query)).scalar_one())

    async def head(self, agent: str) -> int:
        """The largest position; 0 before the first review."""
        async with self._database.read() as connection:
            query = select(HEADS.c.position).where(HEADS.c.agent == agent)
            return int((await connection.execute(query)).scalar() or 0)

    async def list(
        self, agent: str, projects: Scopes, after: int, through: int | None, limit: int
    ) -> list[ExampleView]:
        """`after < position <= through`, in order."""
        conditions = [REVIEWS.c.position > after, *_of(agent, projects)]
        if through is not None:
            conditions.append(REVIEWS.c.position <= through)
        query = select(REVIEWS).where(*conditions).order_by(REVIEWS.c.position).limit(limit)
        async with self._database.read() as connection:
            return [_view(row) for row in await connection.execute(query)]

    async def totals(self, agent: str, digest: str | None, projects: Scopes) -> Totals:
        """Each example by its last review, at this digest if one is given."""
        conditions = _of(agent, projects)
        if digest is not None:
            conditions.append(REVIEWS.c.config_digest == digest)
        grouped = (
            select(func.max(REVIEWS.c.position).label("last"), func.count().label("reviews"))
            .where(*conditions)
            .group_by(REVIEWS.c.example_key)
            .subquery()
        )
        query = select(
            func.count(),
            func.count().filter(REVIEWS.c.correct),
            func.coalesce(func.sum(grouped.c.reviews), 0),
        ).join_from(grouped, REVIEWS, REVIEWS.c.position == grouped.c.last)
        async with self._database.read() as connection:
            row = (await connection.execute(query.where(REVIEWS.c.agent == agent))).one()
        return Totals(int(row[0]), int(row[1]), int(row[2]))


def _of(agent: str, projects: Scopes) -> list[ColumnElement[bool]]:
    mine = [REVIEWS.c.agent == agent]
    return mine if projects is None else [*mine, REVIEWS.c.project.in_(projects)]


def _digest(said: str | None) -> str | None:
    """A span may say anything: what is longer than a digest is none."""
    return storable(said) if said is not None and len(said) <= DIGEST_LENGTH else None


def _values(position: int, example: Example) -> dict[str, Any]:
    return {
        "agent": example.agent,
        "position": position,
        "review_id": example.review_id,
        "example_key": example.example_key,
        "project": example.project,
        "group_key": example.group,
        "trace_id": example.trace_id,
        "input": example.input,
        "expected": example.expected,
        "answered": example.answered,
        "base": example.base,
        "correct": example.correct,
        "facts": example.facts,
        "reason": example.reason,
        "precedent": example.precedent,
        "config_digest": _digest(example.config_digest),
        "recorded_at": example.recorded_at,
    }


def _event(position: int, example: Example) -> ExampleRecorded:
    return ExampleRecorded(
        agent=example.agent,
        position=position,
        review_id=example.review_id,
        example_key=example.example_key,
        project=example.project,
        group=example.group,
        trace_id=example.trace_id,
        expected=example.expected,
        answered=example.answered,
        config_digest=_digest(example.config_digest),
        recorded_at=example.recorded_at,
    )


def _view(row: Row[Any]) -> ExampleView:
    return ExampleView(
        position=row.position,
        review_id=row.review_id,
        example_key=row.example_key,
        agent=row.agent,
        group=row.group_key,
        trace_id=row.trace_id,
        input=row.input,
        expected=row.expected,
        answered=row.answered,
        base=row.base,
        facts=row.facts,
        reason=row.reason,
        precedent=row.precedent,
        config_digest=row.config_digest,
        recorded_at=row.recorded_at,
    )
