"""One worker an agent, though several processes of the service may run."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, update

from libs.storage import Database
from libs.storage.upsert import insert_ignoring
from services.experiments.tables import LEASES


class Leases:
    """A lease ends by itself, so a killed process holds nobody up for longer than it lasts."""

    def __init__(self, database: Database, owner: str, seconds: float) -> None:
        self._database = database
        self._owner = owner
        self._seconds = seconds

    async def take(self, agent: str, now: datetime) -> bool:
        """Take or renew the lease; False while another worker holds it."""
        expires_at = now + timedelta(seconds=self._seconds)
        async with self._database.transaction() as tx:
            made = await tx.execute(
                insert_ignoring(
                    tx.connection, LEASES, agent=agent, owner=self._owner, expires_at=expires_at
                )
            )
            if made.rowcount == 1:
                return True
            taken = await tx.execute(
                update(LEASES)
                .where(
                    LEASES.c.agent == agent,
                    or_(LEASES.c.owner == self._owner, LEASES.c.expires_at <= now),
                )
                .values(owner=self._owner, expires_at=expires_at)
            )
            return taken.rowcount == 1

    async def release(self, agent: str) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(
                delete(LEASES).where(LEASES.c.agent == agent, LEASES.c.owner == self._owner)
            )
