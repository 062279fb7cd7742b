"""Labelled examples in SQL."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, RowMapping, delete, func, insert, or_, select

from libs.contracts.api import ExampleView
from libs.contracts.splits import Split
from libs.facts import storable
from libs.storage import Database, Transaction
from services.experiments.domain.cases import Case
from services.experiments.domain.example import Example
from services.experiments.tables import DIGEST_LENGTH, EXAMPLES

_FIXED = ("group_key", "group_hash", "split", "epoch")
"""Kept from when an example was first seen, whatever a later config says of groups."""

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

    async def save(
        self, tx: Transaction, agent: str, examples: Sequence[Example], epoch: int
    ) -> None:
        """Insert, or replace where a label is newer than the one known."""
        newest: dict[str, Example] = {}
        for example in sorted(examples, key=_order):
            newest[example.example_key] = example
        known = await self._known(tx, agent, newest)
        rows = []
        epochs = await self._epochs(tx, agent, [_hash(one.group) for one in newest.values()])
        for key, example in newest.items():
            row, before = _values(example), known.get(key)
            if before is None:
                # A near-copy of an example that was sealed before is no fresh evidence.
                rows.append(row | {"epoch": epochs.get(_hash(example.group), epoch)})
            elif (before["labelled_at"], before["feedback_id"]) < _order(example):
                rows.append(row | {name: before[name] for name in _FIXED})
        if rows:
            stale = [row["example_key"] for row in rows]
            await tx.execute(
                delete(EXAMPLES).where(EXAMPLES.c.agent == agent, EXAMPLES.c.example_key.in_(stale))
            )
            await tx.execute(insert(EXAMPLES), rows)

    async def _known(
        self, tx: Transaction, agent: str, keys: Collection[str]
    ) -> dict[str, RowMapping]:
        query = select(EXAMPLES).where(EXAMPLES.c.agent == agent, EXAMPLES.c.example_key.in_(keys))
        rows = (await tx.execute(query.with_for_update())).mappings()
        return {row["example_key"]: row for row in rows}

    async def _epochs(self, tx: Transaction, agent: str, hashes: Collection[str]) -> dict[str, int]:
        """The epoch in which each group was first seen."""
        query = (
            select(EXAMPLES.c.group_hash, func.min(EXAMPLES.c.epoch).label("first"))
            .where(EXAMPLES.c.agent == agent, EXAMPLES.c.group_hash.in_(hashes))
            .group_by(EXAMPLES.c.group_hash)
        )
        return {row.group_hash: row.first for row in await tx.execute(query)}

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

    async def totals(self, agent: str, digest: str | None, projects: Projects) -> list[SplitTotal]:
        """Per split, how many last answers (at this digest, if given) were the expected ones.

        Sealed examples of every epoch count here: this only describes, it proves nothing.
        """
        table = EXAMPLES.c
        conditions = [table.agent == agent, *_visible(projects)]
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


def _in_use(epoch: int) -> ColumnElement[bool]:
    """Sealed examples of earlier epochs had their use; they are kept and never used again."""
    return or_(EXAMPLES.c.split != "sealed", EXAMPLES.c.epoch == epoch)


def _visible(projects: Projects) -> list[ColumnElement[bool]]:
    return [] if projects is None else [EXAMPLES.c.project.in_(projects)]


def _order(example: Example) -> tuple[Any, str]:
    return example.labelled_at, example.feedback_id


def _hash(group: str) -> str:
    return hashlib.sha256(group.encode()).hexdigest()


def _digest(said: str | None) -> str | None:
    """A span may say anything: what is longer than a digest is none."""
    return storable(said) if said is not None and len(said) <= DIGEST_LENGTH else None


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
        "config_digest": _digest(example.config_digest),
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
        position=0,
        review_id=row.feedback_id,
        recorded_at=row.labelled_at,
        trace_id=row.trace_id,
        input=row.input,
        expected=row.expected,
        answered=row.answered,
        facts=row.facts,
        reason=row.reason,
        precedent=row.precedent,
        config_digest=row.config_digest,
    )
