"""One worker for each thing, though several processes of a service may run."""

from datetime import datetime, timedelta

from sqlalchemy import Table, delete, or_, update

from libs.storage import Database
from libs.storage.upsert import insert_ignoring


class Leases:
    """A lease ends by itself, so a killed process holds nobody up for longer than it lasts.

    A process that is started again under the same `holder` goes on at once.
    """

    def __init__(self, database: Database, table: Table, holder: str, seconds: float) -> None:
        self._database = database
        self._table = table
        self._holder = holder
        self.seconds = seconds

    async def take(self, name: str, now: datetime) -> bool:
        """Take or renew the lease; False while another holds it."""
        table, until = self._table, now + timedelta(seconds=self.seconds)
        async with self._database.transaction() as tx:
            mine = {"name": name, "holder": self._holder, "until": until}
            made = await tx.execute(insert_ignoring(tx.connection, table, **mine))
            if made.rowcount == 1:
                return True
            free = or_(table.c.holder == self._holder, table.c.until <= now)
            taken = await tx.execute(
                update(table)
                .where(table.c.name == name, free)
                .values(holder=self._holder, until=until)
            )
            return taken.rowcount == 1

    async def release(self, name: str) -> None:
        """Let another have it now; nothing happens when it is another's already."""
        table = self._table
        async with self._database.transaction() as tx:
            await tx.execute(
                delete(table).where(table.c.name == name, table.c.holder == self._holder)
            )
