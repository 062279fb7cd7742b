"""Changes by hand: claimed before the forge is touched, settled with their event."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update

from libs.contracts.events import ProposalDecided
from libs.storage import Database, Transaction
from libs.storage.upsert import insert_ignoring
from services.review_gate.domain.ports import Change
from services.review_gate.tables import CHANGES


class SqlChanges:
    """One row a change, for ever: the same change again gets the same answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, change: Change) -> Change:
        """Write it down; what was written first is in force."""
        document = asdict(change) | {"at": change.at.isoformat()}
        async with self._database.transaction() as tx:
            await tx.execute(
                insert_ignoring(
                    tx.connection,
                    CHANGES,
                    change_id=change.change_id,
                    agent=change.agent,
                    change=document,
                )
            )
        return await self.claimed(change.change_id) or change

    async def claimed(self, change_id: str) -> Change | None:
        """The change, unless it is settled."""
        found = await self._unsettled(CHANGES.c.change_id == change_id)
        return found[0] if found else None

    async def waiting(self) -> Sequence[Change]:
        """Everything that is not settled."""
        return await self._unsettled()

    async def commit_of(self, change_id: str) -> str | None:
        """Where main came to with it; None while it is not settled."""
        query = select(CHANGES.c.commit).where(CHANGES.c.change_id == change_id)
        async with self._database.read() as connection:
            commit: str | None = (await connection.execute(query)).scalar_one_or_none()
        return commit

    async def settle(self, change: Change, commit: str, decided: ProposalDecided) -> None:
        async with self._database.transaction() as tx:
            done = await tx.execute(
                update(CHANGES)
                .where(CHANGES.c.change_id == change.change_id, CHANGES.c.commit.is_(None))
                .values(commit=commit)
            )
            if done.rowcount:
                await tx.publish(decided)

    async def unclaim(self, change_id: str) -> None:
        async with self._database.transaction() as tx:
            await _forget(tx, change_id)

    async def refuse(self, change: Change, decided: ProposalDecided) -> None:
        async with self._database.transaction() as tx:
            if await _forget(tx, change.change_id):
                await tx.publish(decided)

    async def _unsettled(self, *conditions: ColumnElement[bool]) -> list[Change]:
        query = select(CHANGES.c.change).where(CHANGES.c.commit.is_(None), *conditions)
        async with self._database.read() as connection:
            rows = list((await connection.execute(query.order_by(CHANGES.c.change_id))).scalars())
        return [_change(document) for document in rows]


async def _forget(tx: Transaction, change_id: str) -> bool:
    waiting = (CHANGES.c.change_id == change_id, CHANGES.c.commit.is_(None))
    return bool((await tx.execute(delete(CHANGES).where(*waiting))).rowcount)


def _change(document: dict[str, Any]) -> Change:
    return Change(**document | {"at": datetime.fromisoformat(document["at"])})
