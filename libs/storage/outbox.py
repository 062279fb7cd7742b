"""The relay of the outbox: from the service's database to the log, in order, at least once."""

import asyncio
import json
import zlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.eventlog import Message
from libs.storage.tables import OUTBOX

if TYPE_CHECKING:
    from libs.runtime import App
    from libs.storage.database import Database

RELAY_BATCH = 200
SEND_NOW_SECONDS_MAX = 2.0


class Outbox:
    """One relay at a time: within the process, and on PostgreSQL among replicas."""

    def __init__(self, app: "App", database: "Database") -> None:
        self._app = app
        self._database = database
        self._turn = asyncio.Lock()
        self._log_is_away = False

    async def send_now(self) -> None:
        """Right after a commit; in an outage of the log the caller does not wait for it."""
        if self._log_is_away:
            return
        try:
            async with asyncio.timeout(SEND_NOW_SECONDS_MAX):
                await self.relay()
        except Exception as error:  # committed and in the outbox: the timer sends it
            self._log_is_away = True
            self._app.logger.warning("outbox waits", exc_info=error)

    async def send_waiting(self) -> None:
        """By the timer; readiness tells of an outbox that cannot be emptied."""
        try:
            await self.relay()
        except Exception as error:
            self._app.health.fail("outbox", f"committed events wait: {error!r}")
            raise
        self._app.health.clear("outbox")
        self._log_is_away = False

    async def relay(self) -> None:
        """Publish what waits, in order; a crash in between publishes again, never less."""
        async with self._turn:
            while await self._relay_some():
                pass

    async def _relay_some(self) -> bool:
        """False when nothing is left, or another replica has the turn."""
        if self._database.engine.dialect.name == "sqlite":
            # Not one transaction: a slow log must not keep the only writer waiting.
            async with self._database.read() as connection:
                rows = await self._unsent(connection)
            if rows:
                await self._publish(rows)
                async with self._database.write_turn(), self._database.engine.begin() as writing:
                    await self._forget(writing, rows)
            return bool(rows)
        async with self._database.engine.begin() as connection:
            if not await self._has_turn(connection):
                return False
            rows = await self._unsent(connection)
            if rows:
                await self._publish(rows)
                await self._forget(connection, rows)
            return bool(rows)

    async def _has_turn(self, connection: AsyncConnection) -> bool:
        """Two replicas that publish the same rows could put an old event behind a newer one."""
        number = zlib.crc32(f"outbox of {self._app.name}".encode())
        query = f"SELECT pg_try_advisory_xact_lock({number})"
        return bool((await connection.exec_driver_sql(query)).scalar())

    async def _unsent(self, connection: AsyncConnection) -> list[Any]:
        query = select(OUTBOX).where(OUTBOX.c.service == self._app.name)
        result = await connection.execute(query.order_by(OUTBOX.c.sequence).limit(RELAY_BATCH))
        return list(result)

    async def _publish(self, rows: list[Any]) -> None:
        messages = [Message(r.topic, r.key, r.value, json.loads(r.headers)) for r in rows]
        await self._app.deps.log.publish(messages)

    async def _forget(self, connection: AsyncConnection, rows: list[Any]) -> None:
        sent = [row.sequence for row in rows]
        await connection.execute(delete(OUTBOX).where(OUTBOX.c.sequence.in_(sent)))
