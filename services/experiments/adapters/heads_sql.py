"""The newest review of each agent that was heard of."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.storage import Database, Transaction, upsert
from services.experiments.tables import HEADS


class HeadStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def heard(self, tx: Transaction, agent: str, position: int) -> None:
        """Positions come in order but for redeliveries, which are passed over."""
        if await head_of(tx.connection, agent) < position:
            await tx.execute(upsert(tx.connection, HEADS, agent=agent, position=position))

    async def heads(self) -> dict[str, int]:
        """By agent."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(HEADS.c.agent, HEADS.c.position))
            return {row.agent: row.position for row in rows}


async def head_of(connection: AsyncConnection, agent: str) -> int:
    """0 before the first review."""
    query = select(HEADS.c.position).where(HEADS.c.agent == agent)
    return (await connection.execute(query)).scalar() or 0
