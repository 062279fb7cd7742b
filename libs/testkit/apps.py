"""Apps and logs for tests: real embedded log, no network."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from libs.contracts.topics import TOPICS
from libs.eventlog.embedded import EmbeddedLog
from libs.runtime import Clock, Deps, SystemClock
from libs.runtime.settings import RuntimeSettings
from libs.testkit.databases import database_of


@asynccontextmanager
async def embedded_deps(
    home: Path,
    clients: Mapping[str, httpx.AsyncClient] | None = None,
    clock: Clock | None = None,
    **settings: object,
) -> AsyncIterator[Deps]:
    """Deps of a service over a real embedded log in `home`."""
    log = EmbeddedLog(home / "events.db")
    await log.start()
    await log.create_topics(TOPICS)
    database_url = await database_of(home)
    options = {
        "home": home,
        "database_url": database_url,
        "retry_seconds_max": 0.1,
        "retry_attempts_max": 3,
    } | settings
    try:
        yield Deps(
            settings=RuntimeSettings(**options),  # type: ignore[arg-type]
            log=log,
            clients=clients or {},
            clock=clock or SystemClock(),
        )
    finally:
        await log.stop()
