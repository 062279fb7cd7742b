"""The handlers: each writes down what came and returns; the work is done from the table."""

from collections.abc import Sequence

from pawl_sdk.bundle import is_name

from libs.contracts.events import ConfigReleased, FeedbackRecorded
from libs.contracts.topics import FEEDBACK_RECORDED
from libs.eventlog import Record
from libs.jobs import NewJob, Queue
from libs.runtime import App
from libs.runtime.batch_consumer import Refused, parsed
from libs.runtime.tracing import cause_of
from libs.storage import Database
from services.datasets.domain.example import says_what_was_right


class Handlers:
    def __init__(self, app: App, database: Database, pending: Queue) -> None:
        self._app = app
        self._database = database
        self._pending = pending

    def subscribe(self) -> None:
        self._app.subscribe_batch(
            FEEDBACK_RECORDED, self.keep_feedback, batch_max=200, batch_wait_seconds=0.02
        )
        self._app.subscribe(ConfigReleased, self.wake_what_waits)

    async def keep_feedback(self, records: Sequence[Record]) -> Sequence[Refused]:
        """No inbox: the same feedback again is the same review, and stored already."""
        events, refused = parsed(records, FeedbackRecorded)
        jobs = [
            NewJob(
                job_id=event.feedback_id,
                payload=event.model_dump_json(),
                scope=event.project,
                lane=event.agent if event.agent and is_name(event.agent) else None,
                cause=cause_of(record),
            )
            for record, event in events
            if says_what_was_right(event)
        ]
        if jobs:
            async with self._database.transaction() as tx:
                await self._pending.add(tx, jobs, self._app.clock.now())
        return refused

    async def wake_what_waits(self, event: ConfigReleased) -> None:
        """No inbox: to wake it again costs nothing."""
        async with self._database.transaction() as tx:
            await self._pending.wake(tx, event.agent, self._app.clock.now())
