"""The handlers: each writes down what came and returns; the work is done from the tables."""

import re
from collections.abc import Sequence

from libs.contracts.events import (
    AgentStatusReported,
    ConfigReleased,
    FeedbackRecorded,
    ProposalDecided,
    ProposalDrafted,
)
from libs.contracts.topics import FEEDBACK_RECORDED
from libs.eventlog import Record
from libs.runtime import App, PermanentError
from libs.runtime.batch_consumer import Refused
from libs.runtime.envelope import to_event
from libs.storage import Database
from services.experiments.adapters.fleet_sql import FleetStore
from services.experiments.adapters.pending_sql import PendingStore
from services.experiments.adapters.queue_sql import QueueStore
from services.experiments.domain.example import says_what_was_right
from services.experiments.domain.report import experiment_id_of


class Handlers:
    def __init__(
        self,
        app: App,
        database: Database,
        pending: PendingStore,
        queue: QueueStore,
        fleet: FleetStore,
        replay_urls: str,
    ) -> None:
        self._app = app
        self._database = database
        self._pending = pending
        self._queue = queue
        self._fleet = fleet
        self._allowed = re.compile(replay_urls)

    def subscribe(self) -> None:
        self._app.subscribe_batch(
            FEEDBACK_RECORDED, self.keep_feedback, batch_max=200, batch_wait_seconds=0.02
        )
        self._app.subscribe(ProposalDrafted, self.queue_experiment)
        self._app.subscribe(ProposalDecided, self.record_decision)
        self._app.subscribe(ConfigReleased, self.record_release)
        self._app.subscribe(AgentStatusReported, self.record_instance)

    async def keep_feedback(self, records: Sequence[Record]) -> Sequence[Refused]:
        """No inbox: the same feedback again makes the same example again."""
        wanted, refused = [], []
        for record in records:
            try:
                event = to_event(record, FEEDBACK_RECORDED)
            except PermanentError as error:
                refused.append(Refused(record, str(error)))
                continue
            if isinstance(event, FeedbackRecorded) and says_what_was_right(event):
                wanted.append(event)
        await self._pending.add(wanted, self._app.clock.now())
        return refused

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
                await self._pending.wake(tx, event.agent, self._app.clock.now())

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
