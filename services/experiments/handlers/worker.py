"""Works through the queue of experiments, in order, beside the delivery of the log."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

from libs.runtime import App, TransientError
from libs.runtime.outage import is_outage, why
from libs.runtime.tracing import continuing
from libs.storage import Database
from services.experiments.adapters.leases_sql import Leases
from services.experiments.adapters.queue_sql import AlreadyFinished, Job, QueueStore
from services.experiments.adapters.replays_sql import ReplayCache
from services.experiments.domain.plan import Ended, Ending, Findings
from services.experiments.domain.report import report
from services.experiments.handlers.preparation import NotNow, Preparation
from services.experiments.handlers.replays import BundleRefused, MissingReplays
from services.experiments.handlers.sealed_test import SealedTest
from services.experiments.metrics import ExperimentMetrics

RETRY_SECONDS_MAX = 10.0
AWAY_SECONDS = 2.0


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
        leases: Leases,
        cache: ReplayCache,
        preparation: Preparation,
        sealed_test: SealedTest,
        metrics: ExperimentMetrics,
        terms: WorkerTerms,
    ) -> None:
        self._app = app
        self._database = database
        self._queue = queue
        self._leases = leases
        self._cache = cache
        self._preparation = preparation
        self._sealed_test = sealed_test
        self._metrics = metrics
        self._terms = terms

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
        """Each agent's next experiment, if it is due and the agent's last one has ended."""
        try:
            heads = await self._queue.heads(self._app.clock.now())
            self._metrics.queued.set(await self._queue.waiting())
        except Exception as error:
            self._app.logger.warning("queue not read", **why(error))  # what runs goes on
            return
        for agent, experiment_id in heads:
            if agent not in running:
                running[agent] = asyncio.create_task(self._one(agent, experiment_id))

    def _let_go(self, running: dict[str, "asyncio.Task[None]"]) -> None:
        """Forget runs that have ended. An error of one is none of the others'."""
        for agent in [agent for agent, run in running.items() if run.done()]:
            error = running.pop(agent).exception()
            if error is not None:
                self._app.logger.error("experiment not run", agent=agent, **why(error))

    async def _one(self, agent: str, experiment_id: str) -> None:
        """Run one experiment, unless another worker has the agent."""
        until = self._app.clock.monotonic() + self._terms.lease_seconds
        if not await self._leases.take(agent, self._app.clock.now()):
            return
        working = asyncio.create_task(self._traced(experiment_id))
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

    async def _traced(self, experiment_id: str) -> None:
        with continuing(await self._database.cause(experiment_id), "experiments test"):
            await self._take_up(experiment_id)

    async def _take_up(self, experiment_id: str) -> None:
        job = await self._queue.start(experiment_id, self._app.clock.now())
        if job is None:
            return
        self._app.logger.info("experiment", experiment=job.experiment_id, resumed=bool(job.plan))
        try:
            if job.plan is None:
                plan = await self._preparation.plan(job.proposal)
                await self._sealed_test.open(job, plan)
                job = replace(job, plan=plan)
            await self._test(job)
        except NotNow as later:
            await self._later(job, str(later), self._terms.poll_seconds, counted=False)
        except Ended as end:
            await self._finish(job, end.ending)
        except AlreadyFinished:
            self._app.logger.info("finished by another worker", experiment=job.experiment_id)
        except (MissingReplays, BundleRefused) as error:
            await self._finish(job, Ending("inconclusive", (str(error),), Findings()))
        except Exception as error:
            await self._failed(job, error)

    async def _test(self, job: Job) -> None:
        bench = await self._preparation.bench(job.proposal)
        await self._sealed_test.run(job, bench)
        await self._tidy(job)

    async def _finish(self, job: Job, ending: Ending) -> None:
        if job.plan is not None:  # paid for, and the base is gone: nothing was compared
            await self._sealed_test.void(job, "; ".join(ending.reasons))
        else:
            async with self._database.transaction() as tx:
                await self._queue.finish(tx, report(job.proposal, ending, self._app.clock.now()))
        await self._tidy(job)

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
        await self._finish(job, Ending("inconclusive", (reason,), Findings()))

    async def _later(self, job: Job, note: str, seconds: float, *, counted: bool) -> None:
        next_try_at = self._app.clock.now() + timedelta(seconds=seconds)
        await self._queue.postpone(job.experiment_id, note, next_try_at, counted)

    async def _tidy(self, job: Job) -> None:
        """Forget the runs of all the subsets that were tried on the way."""
        view = await self._queue.get(job.experiment_id)
        if view is None or view.result is None:
            return
        self._metrics.finished.labels(view.result.verdict).inc()
        self._app.logger.info(
            "verdict",
            experiment=job.experiment_id,
            verdict=view.result.verdict,
            reasons=view.result.reasons,
        )
        keep = {view.result.baseline_digest, view.result.candidate_digest}
        await self._cache.prune(job.proposal.agent, keep)
