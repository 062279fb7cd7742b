"""People who import configs and give their word while a fault goes on."""

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from pawl.cluster.held import Cluster
from tests.faults.loop_promises import miscounted, released_and_moved
from tests.faults.people import People, agent_name
from tests.faults.promises import until
from tests.faults.published import releases_told

RUNS = 60
IMPORTS = 6
SPREAD_SECONDS = 2.0
SETTLE_SECONDS_MAX = 60.0


class AtWork:
    """One agent whose runs are reviewed, and others whose first config is imported."""

    def __init__(self, cluster: Cluster, people: People, seed: int) -> None:
        self._cluster = cluster
        self._chance = random.Random(f"at work {seed}")
        self.people = people
        self._reviewed = agent_name()
        self._imported = [agent_name() for _ in range(IMPORTS)]
        self._tasks: list[asyncio.Task[None]] = []

    async def prepare(self) -> None:
        """The runs to judge, all of them stored."""
        await self.people.import_config(self._reviewed)
        await self.people.run(self._reviewed, RUNS)

    def begin(self) -> None:
        """Each word and each import at a moment of its own: before, at and in the fault."""
        acts: list[Coroutine[Any, Any, None]] = [
            *(self.people.say(self._reviewed, trace_id) for trace_id in self.people.runs),
            *(self.people.import_config(agent) for agent in self._imported),
        ]
        for act in acts:
            self._tasks.append(asyncio.create_task(self._later(act)))

    async def _later(self, act: Coroutine[Any, Any, None]) -> None:
        await asyncio.sleep(self._chance.uniform(0, SPREAD_SECONDS))
        await act

    @property
    def waiting(self) -> int:
        """Words and imports that nobody has acknowledged."""
        return sum(not task.done() for task in self._tasks)

    async def done(self) -> None:
        """Everything is acknowledged; wait until all of it is applied, and once."""
        await asyncio.gather(*self._tasks)
        await until(self._wrong, SETTLE_SECONDS_MAX)
        since = self.people.sent.since
        for agent in (self._reviewed, *self._imported):
            assert await releases_told(self._cluster.bootstrap, agent, since) == 1, agent

    async def _wrong(self) -> str:
        for agent in (self._reviewed, *self._imported):
            applied = await released_and_moved(self.people, agent)
            if applied != (1, [1]):
                return f"{agent}: releases, and moves by channel: {applied}"
        return await miscounted(self.people, self._reviewed)


@asynccontextmanager
async def people_at_work(cluster: Cluster, project: str, seed: int) -> AsyncIterator[AtWork]:
    """Prepared; `begin` shortly before the fault, `done` when it is over."""
    async with People(cluster, seed, project) as people:
        work = AtWork(cluster, people, seed)
        await work.prepare()
        yield work
