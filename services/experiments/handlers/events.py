"""The handlers: each writes down what came and returns; the work is done from the tables."""

import re

from libs.contracts.events import (
    AgentStatusReported,
    ConfigReleased,
    ExampleRecorded,
    ProposalDecided,
    ProposalDrafted,
)
from libs.runtime import App
from libs.storage import Database
from services.experiments.adapters.fleet_sql import FleetStore
from services.experiments.adapters.heads_sql import HeadStore
from services.experiments.adapters.live_sql import LiveStore
from services.experiments.adapters.queue_sql import QueueStore
from services.experiments.domain.report import experiment_id_of


class Handlers:
    def __init__(
        self,
        app: App,
        database: Database,
        heads: HeadStore,
        queue: QueueStore,
        fleet: FleetStore,
        live: LiveStore,
        replay_urls: str,
    ) -> None:
        self._app = app
        self._database = database
        self._heads = heads
        self._queue = queue
        self._fleet = fleet
        self._live = live
        self._allowed = re.compile(replay_urls)

    def subscribe(self) -> None:
        self._app.subscribe(ExampleRecorded, self.record_head)
        self._app.subscribe(ProposalDrafted, self.queue_experiment)
        self._app.subscribe(ProposalDecided, self.record_decision)
        self._app.subscribe(ConfigReleased, self.record_release)
        self._app.subscribe(AgentStatusReported, self.record_instance)

    async def record_head(self, event: ExampleRecorded) -> None:
        """No inbox: only the largest position tells, and it is told by the next one as well."""
        async with self._database.transaction() as tx:
            await self._heads.heard(tx, event.agent, event.position)

    async def queue_experiment(self, event: ProposalDrafted) -> None:
        """No inbox: a later mining run may draft the same proposal again, as a new experiment."""
        async with self._database.transaction() as tx:
            await self._queue.add(tx, event, self._app.clock.now())
            await tx.remember(experiment_id_of(event))

    async def record_decision(self, event: ProposalDecided) -> None:
        async with self._database.transaction() as tx:
            if await tx.first_time(event):
                await self._fleet.decide(tx, event, self._app.clock.now())

    async def record_release(self, event: ConfigReleased) -> None:
        async with self._database.transaction() as tx:
            if await tx.first_time(event):
                await self._fleet.release(tx, event)
                await self._live.watch(tx, event, self._app.clock.now())

    async def record_instance(self, event: AgentStatusReported) -> None:
        """No inbox: it would grow by a row a minute for each instance, and only newer ones tell."""
        async with self._database.transaction() as tx:
            await self._fleet.report(tx, event, self._allowed_url(event))

    def _allowed_url(self, event: AgentStatusReported) -> str | None:
        """Agents name the address, so a hostile one could aim us at anything inside."""
        if event.replay_url is None or self._allowed.fullmatch(event.replay_url):
            return event.replay_url
        self._app.logger.warning(
            "replay address is not allowed: widen PAWL_EXPERIMENTS_REPLAY_URLS to use it",
            agent=event.agent,
            instance=event.instance_id,
            replay_url=event.replay_url,
        )
        return None
