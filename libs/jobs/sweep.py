"""Works off a queue: each job by itself, what came of them together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from libs.jobs.backoff import pause_seconds
from libs.jobs.queue import Job, Queue
from libs.runtime import App, TransientError
from libs.runtime.outage import is_outage
from libs.storage import Database, Transaction

T = TypeVar("T")


@dataclass(frozen=True)
class Done(Generic[T]):
    """To be stored."""

    value: T


@dataclass(frozen=True)
class Later:
    """Not yet; `seconds_max` is the longest pause before it is tried again."""

    note: str
    seconds_max: float
    lane: str | None = None
    """Of a job of which it was not known."""


@dataclass(frozen=True)
class Refused:
    """Never; it is set aside with the reason."""

    note: str


Outcome = Done[T] | Later | Refused
Work = Callable[[Job], Awaitable[Outcome[T]]]
Store = Callable[[Transaction, Sequence[tuple[Job, T]]], Awaitable[None]]


@dataclass(frozen=True)
class SweepTerms:
    """`health` is a name in `/readyz`: begin it with `paused:` and requests are still answered."""

    health: str
    what: str
    """What one job is, for a line of the log: "feedback"."""
    batch: int = 100
    parallel: int = 8
    outage_seconds_max: float = 30.0


class Sweep(Generic[T]):
    """Nothing leaves the queue before what came of it is stored, in one transaction with it.

    A `TransientError` of `work` is tried again, after an outage however often; any other exception
    sets that job aside, for the others must not wait for it. What cannot be stored together is
    stored one by one, and the culprit is set aside.
    """

    def __init__(
        self,
        app: App,
        database: Database,
        queue: Queue,
        work: Work[T],
        store: Store[T],
        terms: SweepTerms,
    ) -> None:
        self._app = app
        self._database = database
        self._queue = queue
        self._work = work
        self._store = store
        self._terms = terms
        self._left_behind = True
        """By this process before it died, or by a run that failed: nobody else works on it."""

    async def run(self) -> None:
        """Everything that is due, a batch at a time, until nothing is. For a timer."""
        terms = self._terms
        try:
            if self._left_behind:
                await self._queue.reclaim(self._app.clock.now())
            self._left_behind = True
            while jobs := await self._queue.take(self._app.clock.now(), terms.batch):
                gate = asyncio.Semaphore(terms.parallel)
                outcomes = await asyncio.gather(*(self._try(gate, one) for one in jobs))
                await self._settle(list(zip(jobs, outcomes, strict=True)))
        except Exception as error:
            self._app.health.fail(terms.health, f"{terms.what} waits: {error!r}")
            raise
        self._left_behind = False
        self._app.health.clear(terms.health)

    async def _try(self, gate: asyncio.Semaphore, job: Job) -> Outcome[T]:
        async with gate:
            try:
                return await self._work(job)
            except TransientError as error:
                return Later(str(error), self._terms.outage_seconds_max)
            except Exception as error:
                if is_outage(error):
                    return Later(repr(error), self._terms.outage_seconds_max)
                return self._culprit(job, "could not be read", error)

    async def _settle(self, results: Sequence[tuple[Job, Outcome[T]]]) -> None:
        try:
            await self._settle_together(results)
        except Exception as error:
            if is_outage(error):
                raise
            for one in results:
                await self._settle_alone(*one)

    async def _settle_alone(self, job: Job, outcome: Outcome[T]) -> None:
        try:
            await self._settle_together([(job, outcome)])
        except Exception as error:
            if is_outage(error):
                raise
            refused = self._culprit(job, "could not be stored", error)
            await self._settle_together([(job, refused)])

    async def _settle_together(self, results: Sequence[tuple[Job, Outcome[T]]]) -> None:
        done = [(job, one.value) for job, one in results if isinstance(one, Done)]
        async with self._database.transaction() as tx:
            if done:
                await self._store(tx, done)
                await self._queue.finish(tx, [job.job_id for job, _ in done])
            for job, outcome in results:
                if not isinstance(outcome, Done):
                    await self._set_aside(tx, job, outcome)

    async def _set_aside(self, tx: Transaction, job: Job, outcome: Later | Refused) -> None:
        if isinstance(outcome, Refused):
            await self._queue.refuse(tx, job.job_id, outcome.note)
            self._app.logger.warning(
                f"{self._terms.what} refused", job=job.job_id, why=outcome.note
            )
            return
        pause = timedelta(seconds=pause_seconds(job.attempts, outcome.seconds_max))
        due_at = self._app.clock.now() + pause
        await self._queue.postpone(tx, job, outcome.note, due_at, outcome.lane)

    def _culprit(self, job: Job, what: str, error: Exception) -> Refused:
        self._app.logger.error(f"odd {self._terms.what}", job=job.job_id, why=what, exc_info=error)
        return Refused(f"{what}: {error!r}")
