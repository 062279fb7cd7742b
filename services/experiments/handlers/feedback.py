"""Turns waiting feedback into examples, as soon as traces has stored the runs."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from pawl_sdk.bundle import Task, is_name

from libs.runtime import App, TransientError
from libs.runtime.outage import is_outage
from libs.storage import Database, Transaction
from services.experiments.adapters.examples_sql import ExampleStore
from services.experiments.adapters.fleet_sql import FleetStore
from services.experiments.adapters.ledger_sql import LedgerStore
from services.experiments.adapters.pending_sql import Pending, PendingStore
from services.experiments.adapters.services_http import ConfigReader, TraceReader
from services.experiments.domain.example import (
    Example,
    NotYetReadable,
    UnusableFeedback,
    agent_of,
    example_of,
)

HEALTH = "paused:feedback"
"""Like a topic that waits: it keeps no request from being answered."""
BATCH = 100
PARALLEL = 8
OUTAGE_SECONDS_MAX = 30.0
TRACE_SECONDS_MAX = 300.0
CONFIG_SECONDS_MAX = 3600.0
"""A release wakes what waits for it; this is for a release that nobody told of."""


@dataclass(frozen=True)
class Waits:
    note: str
    seconds_max: float
    """The longest pause before it is tried again."""
    agent: str | None = None
    """Of feedback that names none: its trace does."""


@dataclass(frozen=True)
class Refused:
    note: str


Outcome = Example | Waits | Refused
Result = tuple[Pending, Outcome]


class _NoTask(NotYetReadable):
    """The agent's config does not say yet what its answers are."""


def wait_seconds(attempts: int, seconds_max: float) -> float:
    """Quick at first, since a trace is stored within a second; then ever more patient."""
    return float(min(seconds_max, 0.25 * 1.6 ** min(attempts, 25)))


class FeedbackDesk:
    """Drains the pending table. Nothing leaves it before its example is stored."""

    def __init__(
        self,
        app: App,
        database: Database,
        pending: PendingStore,
        examples: ExampleStore,
        ledger: LedgerStore,
        fleet: FleetStore,
        traces: TraceReader,
        configs: ConfigReader,
    ) -> None:
        self._app = app
        self._database = database
        self._pending = pending
        self._examples = examples
        self._ledger = ledger
        self._fleet = fleet
        self._traces = traces
        self._configs = configs

    async def drain(self) -> None:
        """Try everything that is due, a batch at a time, until nothing is."""
        try:
            await self._drain()
        except Exception as error:
            self._app.health.fail(HEALTH, f"feedback waits to become examples: {error!r}")
            raise
        self._app.health.clear(HEALTH)

    async def _drain(self) -> None:
        while due := await self._pending.due(self._app.clock.now(), BATCH):
            gate = asyncio.Semaphore(PARALLEL)
            outcomes = await asyncio.gather(*(self._read(gate, one) for one in due))
            await self._store(list(zip(due, outcomes, strict=True)))

    async def _read(self, gate: asyncio.Semaphore, pending: Pending) -> Outcome:
        feedback, agent = pending.feedback, pending.agent
        async with gate:
            try:
                # Without its task the trace need not be read.
                task = await self._task(agent) if agent else None
                tree = await self._traces.tree(feedback.trace_id, feedback.project)
                if tree is None:
                    return Waits("the trace is not stored yet", TRACE_SECONDS_MAX, agent)
                ran = agent_of(feedback, tree)
                if task is None or ran != agent:
                    agent = ran
                    task = await self._task(agent)
                return example_of(feedback, tree, agent, task)
            except UnusableFeedback as error:
                return Refused(str(error))
            except _NoTask as error:
                return Waits(str(error), CONFIG_SECONDS_MAX, agent)
            except NotYetReadable as error:
                return Waits(str(error), TRACE_SECONDS_MAX, agent)
            except TransientError as error:
                return Waits(str(error), OUTAGE_SECONDS_MAX, agent)
            except Exception as error:
                if is_outage(error):
                    return Waits(repr(error), OUTAGE_SECONDS_MAX, agent)
                return self._culprit(pending, "could not be read", error)

    async def _task(self, agent: str) -> Task:
        """What the agent's present config says about labels and groups."""
        if not is_name(agent):
            raise UnusableFeedback(f"no config can have the agent's name {agent!r}")
        digest = await self._fleet.released_digest(agent)
        digest = digest or await self._configs.served_digest(agent)
        bundle = await self._configs.bundle(digest) if digest else None
        if bundle is None:
            raise _NoTask(f"agent {agent} has no released config yet")
        if bundle.spec.task is None:
            raise _NoTask(f"agent.yaml of {agent} has no task: add task.label")
        return bundle.spec.task

    def _culprit(self, pending: Pending, what: str, error: Exception) -> Refused:
        """Whatever is odd about this one, the others must not wait for it."""
        feedback_id = pending.feedback.feedback_id
        self._app.logger.error("odd feedback", feedback_id=feedback_id, why=what, exc_info=error)
        return Refused(f"{what}: {error!r}")

    async def _store(self, results: list[Result]) -> None:
        """All at once; one by one where that fails, so that none keeps the others from it."""
        try:
            await self._store_together(results)
        except Exception as error:
            if is_outage(error):
                raise
            for result in results:
                await self._store_alone(result)

    async def _store_alone(self, result: Result) -> None:
        try:
            await self._store_together([result])
        except Exception as error:
            if is_outage(error):
                raise
            refused = self._culprit(result[0], "could not be stored", error)
            await self._store_together([(result[0], refused)])

    async def _store_together(self, results: list[Result]) -> None:
        examples = [outcome for _, outcome in results if isinstance(outcome, Example)]
        async with self._database.transaction() as tx:
            for agent in sorted({example.agent for example in examples}):
                epoch = await self._ledger.current_epoch(tx, agent)
                mine = [example for example in examples if example.agent == agent]
                await self._examples.save(tx, agent, mine, epoch)
            await self._pending.settle(tx, [example.feedback_id for example in examples])
            for pending, outcome in results:
                if not isinstance(outcome, Example):
                    await self._set_aside(tx, pending, outcome)

    async def _set_aside(self, tx: Transaction, pending: Pending, outcome: Waits | Refused) -> None:
        feedback_id = pending.feedback.feedback_id
        now = self._app.clock.now()
        if isinstance(outcome, Refused):
            await self._pending.refuse(tx, feedback_id, outcome.note)
            self._app.logger.warning(
                "feedback is no example", feedback_id=feedback_id, why=outcome.note
            )
            return
        delay = timedelta(seconds=wait_seconds(pending.attempts, outcome.seconds_max))
        await self._pending.postpone(tx, pending, outcome.note, now + delay, outcome.agent)
