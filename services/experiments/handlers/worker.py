"""Prepares candidates and looks at those that gather evidence, beside the delivery of the log."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from libs.runtime import App, TransientError
from libs.runtime.outage import is_outage, why
from libs.runtime.tracing import continuing
from libs.storage import Database
from services.experiments.adapters.heads_sql import HeadStore
from services.experiments.adapters.leases_sql import Leases
from services.experiments.adapters.live_sql import Live, LiveStore
from services.experiments.adapters.queue_sql import AlreadyFinished, Job, QueueStore
from services.experiments.domain.plan import Ended, Ending, Findings
from services.experiments.handlers.judging import Judging
from services.experiments.handlers.live import LiveTests
from services.experiments.handlers.preparation import NotNow
from services.experiments.handlers.replays import BundleRefused, MissingReplays

RETRY_SECONDS_MAX = 10.0
AWAY_SECONDS = 2.0
LOOK_SECONDS = 2.0
"""A candidate that gathers is looked at this often even without a new review: its base may move."""


@dataclass(frozen=True)
class WorkerTerms:
    attempts_max: int
    lease_seconds: float
    poll_seconds: float


class Worker:
    def __init__(
        self,
        app: App,
        database: Database,
        queue: QueueStore,
        heads: HeadStore,
        leases: Leases,
        judging: Judging,
        live: LiveStore,
        live_tests: LiveTests,
        terms: WorkerTerms,
    ) -> None:
        self._app = app
        self._database = database
        self._queue = queue
        self._heads = heads
        self._leases = leases
        self._judging = judging
        self._live = live
        self._live_tests = live_tests
        self._terms = terms
        self._seen: dict[str, int] = {}
        """By experiment: the newest review when it was looked at last."""
        self._looked: dict[str, tuple[float, int]] = {}
        """Likewise for live tests, with the time."""

    async def work(self) -> None:
        """Run what is due, each agent at its own pace, until nothing runs; called by a timer."""
        running: dict[str, asyncio.Task[None]] = {}
        try:
            await self._begin(running)
            while running:
                await asyncio.sleep(self._terms.poll_seconds)
                self._let_go(running)
                await self._begin(running)
        finally:
            for run in running.values():
                run.cancel()
            await asyncio.gather(*running.values(), return_exceptions=True)

    async def _begin(self, running: dict[str, "asyncio.Task[None]"]) -> None:
        """What is due of each agent of which nothing runs: fresh evidence before a new draft."""
        try:
            due = await self._due()
            self._judging.metrics.queued.set(await self._queue.waiting())
        except Exception as error:
            self._app.logger.warning("queue not read", **why(error))  # what runs goes on
            return
        for agent, some in due.items():
            if agent not in running:
                running[agent] = asyncio.create_task(self._some(agent, some))

    async def _due(self) -> dict[str, list[str | Live]]:
        now, heads = self._app.clock.now(), await self._heads.heads()
        due: dict[str, list[str | Live]] = {}
        for live in await self._live.watching():
            seen_at, seen = self._looked.get(live.experiment_id, (-LOOK_SECONDS, -1))
            news = heads.get(live.proposal.agent, 0) > seen
            if news or self._app.clock.monotonic() - seen_at > LOOK_SECONDS:
                due.setdefault(live.proposal.agent, []).append(live)
        waiting = set(await self._queue.gathering(now))
        for agent, experiment_id in await self._queue.gathering():
            news = heads.get(agent, 0) > self._seen.get(experiment_id, 0)
            if news or (agent, experiment_id) in waiting:
                due.setdefault(agent, []).append(experiment_id)
        for agent, experiment_id in await self._queue.heads(now):
            due.setdefault(agent, []).append(experiment_id)
        return due

    def _let_go(self, running: dict[str, "asyncio.Task[None]"]) -> None:
        """Forget runs that have ended. An error of one is none of the others'."""
        for agent in [agent for agent, run in running.items() if run.done()]:
            error = running.pop(agent).exception()
            if error is not None:
                self._app.logger.error("experiment not run", agent=agent, **why(error))

    async def _some(self, agent: str, some: list[str | Live]) -> None:
        """Run these one after the other, unless another worker has the agent."""
        until = self._app.clock.monotonic() + self._terms.lease_seconds
        if not await self._leases.take(agent, self._app.clock.now()):
            return
        working = asyncio.create_task(self._each(some))
        renewing = asyncio.create_task(self._renew(agent, until, working))
        try:
            await asyncio.wait([working])
            if not working.cancelled():
                working.result()
        finally:
            working.cancel()
            renewing.cancel()
            await asyncio.gather(working, renewing, return_exceptions=True)
            await self._leases.release(agent)

    async def _renew(self, agent: str, until: float, working: "asyncio.Task[None]") -> None:
        """Keep the lease, through outages that are shorter than it.

        Losing it ends the work on the spot: another has begun it, or may.
        """
        monotonic, seconds = self._app.clock.monotonic, self._terms.lease_seconds
        pause, held = seconds / 3, True
        while held:
            await asyncio.sleep(pause)
            asked = monotonic()
            try:
                async with asyncio.timeout(until - asked):
                    held = await self._leases.take(agent, self._app.clock.now())
                until, pause = asked + seconds, seconds / 3
            except Exception as error:
                self._app.logger.warning("lease not renewed", agent=agent, **why(error))
                pause = seconds / 30
                held = monotonic() + pause < until
        self._app.logger.error("lease lost", agent=agent)
        working.cancel()

    async def _each(self, some: list[str | Live]) -> None:
        for one in some:
            if isinstance(one, Live):
                await self._look_live(one)
                continue
            with continuing(await self._database.cause(one), "experiments test"):
                await self._take_up(one)

    async def _look_live(self, live: Live) -> None:
        """What fails is tried at the next look: a live test holds up nothing."""
        heads = await self._heads.heads()
        try:
            await self._live_tests.look(live)
        except Exception as error:
            self._app.logger.warning("live test waits", experiment=live.experiment_id, **why(error))
        else:
            self._looked[live.experiment_id] = (
                self._app.clock.monotonic(),
                heads.get(live.proposal.agent, 0),
            )
            return
        self._looked[live.experiment_id] = (self._app.clock.monotonic(), 2**62)

    async def _take_up(self, experiment_id: str) -> None:
        heads = await self._heads.heads()
        job = await self._queue.start(experiment_id, self._app.clock.now())
        if job is None:
            self._seen.pop(experiment_id, None)
            return
        # Before the look: what fails now waits its time, unless a newer review comes.
        self._seen[experiment_id] = heads.get(job.proposal.agent, 0)
        try:
            if job.frozen is None:
                await self._judging.begin(job)
            else:
                await self._judging.look(job, job.frozen)
            await self._later(job, "", LOOK_SECONDS, counted=False)
        except NotNow as later:
            await self._later(job, str(later), self._terms.poll_seconds, counted=False)
        except Ended as end:
            await self._judging.finish(job, end.ending)
        except AlreadyFinished:
            self._app.logger.info("finished by another worker", experiment=job.experiment_id)
        except (MissingReplays, BundleRefused) as error:
            await self._missing(job, error)
        except Exception as error:
            await self._failed(job, error)

    async def _missing(self, job: Job, error: Exception) -> None:
        """A frozen candidate waits for instances that come back; before that nothing is lost."""
        if job.frozen is not None and isinstance(error, MissingReplays):
            await self._later(job, str(error), RETRY_SECONDS_MAX, counted=False)
            return
        ending = Ending("inconclusive", (str(error),), Findings())
        await self._judging.finish(job, ending)

    async def _failed(self, job: Job, error: Exception) -> None:
        """Wait for a service that is away; what may be a defect is tried again, not for ever."""
        if is_outage(error):
            await self._later(job, str(error), AWAY_SECONDS, counted=False)
            return
        if not isinstance(error, TransientError):
            self._app.logger.error(
                "experiment failed", experiment=job.experiment_id, exc_info=error
            )
        if job.attempts + 1 < self._terms.attempts_max:
            delay = min(RETRY_SECONDS_MAX, 0.2 * 2.0 ** min(job.attempts, 10))
            await self._later(job, str(error), delay, counted=True)
            return
        reason = f"could not be run in {self._terms.attempts_max} attempts: {error!r}"
        await self._judging.finish(job, Ending("inconclusive", (reason,), Findings()))

    async def _later(self, job: Job, note: str, seconds: float, *, counted: bool) -> None:
        next_try_at = self._app.clock.now() + timedelta(seconds=seconds)
        await self._queue.postpone(job.experiment_id, note, next_try_at, counted)
