"""Experiments may make an example long after clustering has heard the word behind it.

Both read the same topic, each in its own time, and no event says that an example is there. So an
agent is looked at once more when experiments has caught up with everything that was heard of it.
"""

from contextlib import suppress

import httpx
from sqlalchemy import select

from libs.contracts.api import ExampleCounts
from libs.contracts.topics import FEEDBACK_RECORDED
from libs.eventlog import EventLog
from libs.runtime import TransientError
from libs.runtime.http import fetch
from libs.storage import Database
from services.clustering.adapters.clusters_sql import ClusterStore
from services.clustering.adapters.services_http import may_have_config
from services.clustering.tables import AGENTS

MAKER = "experiments"


class LateExamples:
    """`look_again` is for a timer."""

    def __init__(
        self, database: Database, store: ClusterStore, log: EventLog, client: httpx.AsyncClient
    ) -> None:
        self._database = database
        self._store = store
        self._log = log
        self._client = client
        self._seen_whole: dict[str, int] = {}
        """How much had been heard of an agent when all of its words were examples."""

    async def look_again(self) -> None:
        """Mark agents whose examples are whole now, and were not when last clustered."""
        heard = await self._heard()
        late = {agent: n for agent, n in heard.items() if self._seen_whole.get(agent) != n}
        if not late:
            return
        with suppress(TimeoutError, ConnectionError, TransientError):  # the next time will do
            if await self._log.lag(MAKER, FEEDBACK_RECORDED.name) == 0:
                for agent, changes in late.items():
                    await self._look(agent, changes)

    async def _look(self, agent: str, changes: int) -> None:
        if may_have_config(agent):
            answer = await fetch(self._client, "/api/v1/examples/counts", {"agent": agent})
            if answer and ExampleCounts.model_validate_json(answer.content).pending:
                return
        async with self._database.transaction() as tx:
            await self._store.heard(tx, agent)
        self._seen_whole[agent] = changes + 1  # heard meanwhile, it is more: looked at again

    async def _heard(self) -> dict[str, int]:
        async with self._database.read() as connection:
            rows = await connection.execute(select(AGENTS.c.agent, AGENTS.c.changes))
            return {row.agent: row.changes for row in rows}
