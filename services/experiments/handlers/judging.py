"""One experiment from its draft to its verdict: which evidence judges it, and how it ends."""

from collections.abc import Callable
from datetime import datetime

from libs.contracts.api.experiments import TestOutcome
from libs.runtime.logs import get_logger
from libs.storage import Database
from services.experiments.adapters.live_sql import LiveStore
from services.experiments.adapters.queue_sql import Job, QueueStore
from services.experiments.adapters.replays_sql import ReplayCache
from services.experiments.adapters.tests_sql import OpenTest, TestLedger
from services.experiments.domain.plan import Ended, Ending, Findings, Frozen
from services.experiments.domain.report import report
from services.experiments.handlers.gathering import Gathering, accepted_because, has_passed
from services.experiments.handlers.preparation import Preparation, Terms
from services.experiments.handlers.procedure import Procedure
from services.experiments.metrics import ExperimentMetrics

LOG = get_logger("experiments")
OUTCOMES: dict[str, TestOutcome] = {
    "accept": "promoted",
    "reject": "refused",
    "inconclusive": "ended",
}


class Judging:
    def __init__(
        self,
        database: Database,
        queue: QueueStore,
        ledger: TestLedger,
        cache: ReplayCache,
        live: LiveStore,
        preparation: Preparation,
        procedure: Procedure,
        gathering: Gathering,
        metrics: ExperimentMetrics,
        terms: Terms,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._queue = queue
        self._ledger = ledger
        self._cache = cache
        self._live = live
        self._preparation = preparation
        self._procedure = procedure
        self._gathering = gathering
        self.metrics = metrics
        self._terms = terms
        self._now = now

    async def begin(self, job: Job) -> None:
        """Accept on what learning like this has shown already, else freeze it and gather.

        Raises `Ended` where it is over.
        """
        prepared = await self._preparation.prepare(job.proposal)
        found = prepared.findings
        assessed = await self._procedure.assess(prepared)
        if assessed is None:
            await self._make_room(job, found)
            await self._gathering.open(job, prepared)
            return
        test, evidence = assessed
        if has_passed(evidence) and not self._terms.limits.broken(found.guardrails, found.costs):
            found = found.model_copy(update={"evidence": evidence})
            ending = Ending("accept", (accepted_because(evidence),), found)
            await self._end(job, ending, test)
            return
        await self._make_room(job, found)
        await self._gathering.wait_for(job, prepared, test)

    async def look(self, job: Job, frozen: Frozen) -> None:
        """Judge the reviews that have come since; raises `Ended` where it is over."""
        await self._gathering.look(job, frozen)

    async def _make_room(self, job: Job, found: Findings) -> None:
        """One candidate of an agent gathers at a time; one that takes long makes room."""
        for agent, experiment_id in await self._queue.gathering():
            if agent != job.proposal.agent:
                continue
            test = await self._ledger.of_experiment(experiment_id)
            judged = test.evidence.n if test and test.evidence else 0
            other = await self._queue.start(experiment_id, self._now())
            if other is None or other.frozen is None:
                continue
            same = other.frozen.candidate_digest == found.candidate_digest
            waits = other.frozen.kind == "exact" and judged < self._terms.takeover_reviews
            if same or waits:
                reason = (
                    f"not tested: {other.proposal.proposal_id} is under test, "
                    f"{judged} fresh reviews so far"
                )
                raise Ended("inconclusive", reason, findings=found)
            told = f"{judged} fresh reviews told nothing apart"
            if other.frozen.kind == "procedure":
                told = "what its era has shown so far goes on"
            reason = f"{told}; {job.proposal.proposal_id} was learned from more"
            await self.finish(other, Ending("inconclusive", (reason,), other.frozen.findings))

    async def finish(self, job: Job, ending: Ending) -> None:
        """Write how it ended, together with the outcome of its own test."""
        test = await self._test_of(job, ending)
        if test is not None and ending.findings.evidence is None:
            told = (job.frozen.findings if job.frozen else ending.findings).model_copy(
                update={"evidence": test.evidence}
            )
            ending = Ending(ending.verdict, ending.reasons, told)
        await self._end(job, ending, test)

    async def _test_of(self, job: Job, ending: Ending) -> OpenTest | None:
        """Its own; that of its era only when it is accepted on it, else the era goes on."""
        frozen = job.frozen
        if frozen is not None and frozen.kind == "procedure":
            if ending.verdict != "accept":
                return None
            return await self._ledger.numbered(job.proposal.agent, frozen.test_number)
        return await self._ledger.of_experiment(job.experiment_id)

    async def _end(self, job: Job, ending: Ending, test: OpenTest | None) -> None:
        async with self._database.transaction() as tx:
            if test is not None:
                outcome, evidence = OUTCOMES[ending.verdict], ending.findings.evidence
                if not await self._ledger.close(tx, test, outcome, evidence, self._now()):
                    return
            await self._queue.finish(tx, report(job.proposal, ending, self._now()))
        await self._tidy(job, ending)

    async def _tidy(self, job: Job, ending: Ending) -> None:
        """Forget the runs of all that was tried on the way."""
        self.metrics.finished.labels(ending.verdict).inc()
        LOG.info(
            "verdict",
            experiment=job.experiment_id,
            verdict=ending.verdict,
            reasons=ending.reasons,
        )
        keep = {job.proposal.base_digest, ending.findings.candidate_digest}
        for agent, experiment_id in await self._queue.gathering():
            frozen = await self._queue.frozen(experiment_id)
            if agent == job.proposal.agent and frozen is not None:
                keep.add(frozen.candidate_digest)
        for live in await self._live.watching(job.proposal.agent):
            keep |= {live.candidate_digest, live.proposal.base_digest}
        await self._cache.prune(job.proposal.agent, keep)
