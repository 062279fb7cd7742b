"""A service's SQL database: effects, inbox and outbox in one transaction."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Executable, insert, text
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.contracts.base import Event
from libs.runtime import App
from libs.runtime.envelope import to_messages
from libs.runtime.tracing import current_cause, exports
from libs.storage.causes import Causes
from libs.storage.engine import create_engine
from libs.storage.faults import outages_told_apart
from libs.storage.migrate import migrate
from libs.storage.outbox import Outbox
from libs.storage.tables import INBOX, OUTBOX
from libs.storage.upsert import insert_ignoring

RELAY_SECONDS = 1.0


class Transaction:
    """Effects of one message: all of them happen, and its events go out, or none."""

    def __init__(self, app: App, connection: AsyncConnection) -> None:
        self._app = app
        self.connection = connection
        self.published = 0
        self._causes = Causes(app.name)

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        return await self.connection.execute(statement, parameters)

    async def first_time(self, event: Event) -> bool:
        """False when this event was handled before: leave without an effect."""
        result = await self.connection.execute(
            insert_ignoring(
                self.connection,
                INBOX,
                service=self._app.name,
                event_id=event.natural_id(),
                handled_at=self._app.clock.now(),
            )
        )
        return result.rowcount == 1

    async def remember(self, subject: str, cause: str | None = None) -> None:
        """What is done for the subject later continues the trace of the cause, else this one."""
        await self.remember_each({subject: current_cause() if cause is None else cause})

    async def remember_each(self, by_subject: Mapping[str, str]) -> None:
        """As `remember`, with one statement for all of them."""
        await self._causes.remember(self.connection, by_subject)

    async def causes(self, subjects: Collection[str]) -> dict[str, str]:
        """What was remembered, by subject."""
        return await self._causes.read(self.connection, subjects)

    async def forget_causes(self, subjects: Collection[str]) -> None:
        """The work for these subjects is done."""
        await self._causes.forget(self.connection, subjects)

    async def publish(self, event: Event) -> None:
        """Goes to the log after the commit, in order, at least once."""
        await self.publish_many([event])

    async def publish_many(
        self, events: Sequence[Event], causes: Sequence[str] | None = None
    ) -> None:
        """As `publish`, with one statement for all of them; `causes` as in `App.publish`."""
        if not events:
            return
        now = self._app.clock.now()
        messages = to_messages(events, self._app.name, now, causes)
        rows = [
            {
                "service": self._app.name,
                "topic": message.topic,
                "key": message.key,
                "value": message.value,
                "headers": json.dumps(dict(message.headers)),
            }
            for message in messages
        ]
        await self.connection.execute(insert(OUTBOX), rows)
        self.published += len(rows)


class Database:
    """Opened by `for_service`; migrated before the first message, closed after the last."""

    def __init__(self, app: App, engine: AsyncEngine) -> None:
        self._app = app
        self.engine = engine
        self._writing = asyncio.Lock()
        self._outbox = Outbox(app, self)
        self._causes = Causes(app.name)

    @classmethod
    def for_service(cls, app: App, migrations: str) -> "Database":
        """`migrations` is the package with a `versions` folder, e.g. services.miner.migrations."""
        database = cls(app, create_engine(app.deps.settings, app.name))

        async def start() -> None:
            with outages_told_apart():
                await migrate(database.engine, app.name, migrations)
            await database._outbox.send_now()

        app.on_start(start)
        app.every(RELAY_SECONDS, database._outbox.send_waiting)
        app.on_stop(database.close)
        app.health.probes["database"] = database.probe
        return database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commit on leaving, roll back on an exception, then send what was published."""
        with outages_told_apart():
            async with self.write_turn(), self.engine.begin() as connection:
                transaction = Transaction(self._app, connection)
                yield transaction
        if transaction.published:
            await self._outbox.send_now()

    @asynccontextmanager
    async def write_turn(self) -> AsyncIterator[None]:
        """SQLite has one writer: waiting here is cheaper than waiting for its lock."""
        if self.engine.dialect.name != "sqlite":
            yield
            return
        async with self._writing:
            yield

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for queries."""
        with outages_told_apart():
            async with self.engine.connect() as connection:
                yield await connection.execution_options(pawl_read_only=True)

    async def cause(self, subject: str) -> str:
        """What was remembered for the subject, or nothing."""
        if not exports():
            return ""
        async with self.read() as connection:
            found = await self._causes.read(connection, [subject])
        return found.get(subject, "")

    async def probe(self) -> str | None:
        """None when the database answers."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))
        return None

    async def close(self) -> None:
        await self.engine.dispose()
