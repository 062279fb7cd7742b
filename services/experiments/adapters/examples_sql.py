"""Labelled examples in SQL."""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select

from libs.contracts.api import ExampleView
from libs.contracts.splits import Split
from libs.storage import Database, Transaction, upsert
from services.experiments.domain.cases import Case
from services.experiments.domain.example import Example
from services.experiments.tables import EXAMPLES

Projects = frozenset[str] | None
"""None: every project may be seen."""


@dataclass(frozen=True)
class SplitTotal:
    split: Split
    n: int
    correct: int


@dataclass(frozen=True)
class SealedSize:
    n: int
    groups: int


class ExampleStore:
    """The newest label of each example wins; its group, split and epoch are those of its first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, tx: Transaction, example: Example, epoch: int) -> None:
        """Insert, or update when this label is newer than the one known."""
        table = EXAMPLES.c
        query = select(
            table.group_key, table.split, table.epoch, table.labelled_at, table.feedback_id
        ).where(table.agent == example.agent, table.example_key == example.example_key)
        known = (await tx.execute(query.with_for_update())).first()
        if known and (known.labelled_at, known.feedback_id) >= _order(example):
            return
        values = _values(example)
        if known:
            values |= {"group_key": known.group_key, "group_hash": _hash(known.group_key)}
            values |= {"split": known.split, "epoch": known.epoch}
        else:
            values["epoch"] = await self._epoch_of_group(tx, example, epoch)
        await tx.execute(upsert(tx.connection, EXAMPLES, **values))

    async def _epoch_of_group(self, tx: Transaction, example: Example, epoch: int) -> int:
        """A near-copy of an example that was sealed before is not fresh evidence."""
        oldest = select(func.min(EXAMPLES.c.epoch)).where(
            EXAMPLES.c.agent == example.agent, EXAMPLES.c.group_hash == _hash(example.group)
        )
        found = (await tx.execute(oldest)).scalar()
        return epoch if found is None else int(found)

    async def cases(self, agent: str, epoch: int) -> list[Case]:
        """Mine, select, and the sealed examples of this epoch, in the order of their keys."""
        query = (
            select(EXAMPLES)
            .where(EXAMPLES.c.agent == agent, _in_use(epoch))
            .order_by(EXAMPLES.c.example_key)
        )
        async with self._database.read() as connection:
            return [_case(row) for row in await connection.execute(query)]

    async def sealed_size(self, agent: str, epoch: int) -> SealedSize:
        """How much evidence the sealed split of this epoch holds."""
        table = EXAMPLES.c
        query = select(func.count(), func.count(func.distinct(table.group_hash))).where(
            table.agent == agent, table.split == "sealed", table.epoch == epoch
        )
        async with self._database.read() as connection:
            n, groups = (await connection.execute(query)).one()
        return SealedSize(n, groups)

    async def mined(
        self, agent: str, projects: Projects, after: str, limit: int
    ) -> list[ExampleView]:
        """The mine split in the order of its keys, from after `after`. No other split is read."""
        query = (
            select(EXAMPLES)
            .where(
                EXAMPLES.c.agent == agent,
                EXAMPLES.c.split == "mine",
                EXAMPLES.c.example_key > after,
                *_visible(projects),
            )
            .order_by(EXAMPLES.c.example_key)
            .limit(limit)
        )
        async with self._database.read() as connection:
            return [_view(row) for row in await connection.execute(query)]

    async def totals(
        self, agent: str, digest: str | None, projects: Projects, epoch: int
    ) -> list[SplitTotal]:
        """Per split, how many last answers (at this digest, if given) were the expected ones."""
        table = EXAMPLES.c
        conditions = [table.agent == agent, _in_use(epoch), *_visible(projects)]
        if digest is not None:
            conditions.append(table.config_digest == digest)
        right = func.count().filter(table.correct)
        query = select(table.split, func.count(), right).where(*conditions).group_by(table.split)
        async with self._database.read() as connection:
            rows = {row[0]: row for row in await connection.execute(query)}
        splits: tuple[Split, ...] = ("mine", "select", "sealed")
        return [
            SplitTotal(split, rows[split][1], rows[split][2])
            if split in rows
            else SplitTotal(split, 0, 0)
            for split in splits
        ]

    async def visible_agents(self, projects: Projects) -> frozenset[str] | None:
        """Agents with examples in these projects; None when every agent may be seen."""
        if projects is None:
            return None
        query = select(EXAMPLES.c.agent).where(EXAMPLES.c.project.in_(projects)).distinct()
        async with self._database.read() as connection:
            return frozenset(row.agent for row in await connection.execute(query))


def _in_use(epoch: int) -> ColumnElement[bool]:
    """Sealed examples of earlier epochs had their use; they are kept and never used again."""
    return or_(EXAMPLES.c.split != "sealed", EXAMPLES.c.epoch == epoch)


def _visible(projects: Projects) -> list[ColumnElement[bool]]:
    return [] if projects is None else [EXAMPLES.c.project.in_(projects)]


def _order(example: Example) -> tuple[Any, str]:
    return example.labelled_at, example.feedback_id


def _hash(group: str) -> str:
    return hashlib.sha256(group.encode()).hexdigest()


def _values(example: Example) -> dict[str, Any]:
    return {
        "agent": example.agent,
        "example_key": example.example_key,
        "project": example.project,
        "group_key": example.group,
        "group_hash": _hash(example.group),
        "split": example.split,
        "trace_id": example.trace_id,
        "input": example.input,
        "expected": example.expected,
        "answered": example.answered,
        "correct": example.answered == example.expected,
        "facts": example.facts,
        "reason": example.reason,
        "precedent": example.precedent,
        "config_digest": example.config_digest,
        "feedback_id": example.feedback_id,
        "labelled_at": example.labelled_at,
    }


def _case(row: Row[Any]) -> Case:
    return Case(
        example_key=row.example_key,
        trace_id=row.trace_id,
        group=row.group_key,
        split=row.split,
        input=row.input,
        expected=row.expected,
    )


def _view(row: Row[Any]) -> ExampleView:
    return ExampleView(
        example_key=row.example_key,
        agent=row.agent,
        group=row.group_key,
        split=row.split,
        trace_id=row.trace_id,
        input=row.input,
        expected=row.expected,
        answered=row.answered,
        facts=row.facts,
        reason=row.reason,
        precedent=row.precedent,
        config_digest=row.config_digest,
    )
