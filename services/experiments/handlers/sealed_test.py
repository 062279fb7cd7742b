"""The sealed test: the ledger row first, then the replays, then the outcome, once."""

from collections.abc import Callable
from datetime import datetime

from libs.contracts.api import LedgerEntry
from libs.contracts.events import PairedResult, ProposalDrafted
from libs.storage import Database
from services.experiments.adapters.ledger_sql import LedgerStore, Outcome
from services.experiments.adapters.queue_sql import Job, QueueStore
from services.experiments.domain.cases import Cases
from services.experiments.domain.comparison import paired_result
from services.experiments.domain.limits import Limits, limit_results
from services.experiments.domain.plan import Ending, SealedPlan
from services.experiments.domain.report import report
from services.experiments.domain.sealed import alpha_use, sealed_reasons
from services.experiments.handlers.replays import BundleRefused, MissingReplays
from services.experiments.handlers.workbench import Workbench


class SealedTest:
    """A plan that is stored is finished at its level after any crash, and never paid for twice."""

    def __init__(
        self,
        database: Database,
        ledger: LedgerStore,
        queue: QueueStore,
        limits: Limits,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._queue = queue
        self._limits = limits
        self._now = now

    async def open(self, job: Job, plan: SealedPlan) -> None:
        """Write the ledger row and the plan, together, before anything sealed is run."""
        account = await self._ledger.account(job.proposal.agent)
        entry = LedgerEntry(
            epoch=plan.epoch,
            test_number=plan.test_number,
            experiment_id=job.experiment_id,
            proposal_id=job.proposal.proposal_id,
            baseline_digest=job.proposal.base_digest,
            candidate_digest=plan.findings.candidate_digest,
            level=plan.level,
            n=len(Cases.of(plan.cases).sealed),
            outcome="open",
            opened_at=self._now(),
        )
        async with self._database.transaction() as tx:
            await self._ledger.open(tx, job.proposal.agent, entry, account)
            await self._queue.store_plan(tx, job.experiment_id, plan)

    async def run(self, job: Job, bench: Workbench) -> None:
        """Replay the frozen cases and give the verdict; missing replays void the test."""
        try:
            accepted, ending, sealed = await self._outcome(job.proposal, job.frozen, bench)
        except (MissingReplays, BundleRefused) as error:
            await self.void(job, str(error))
            return
        await self._close(job, "accepted" if accepted else "refused", sealed, ending)

    async def _outcome(
        self, proposal: ProposalDrafted, plan: SealedPlan, bench: Workbench
    ) -> tuple[bool, Ending, PairedResult]:
        cases, found = Cases.of(plan.cases), plan.findings
        baseline = await bench.answers((), cases.all)
        candidate = await bench.answers(plan.kept, cases.all)
        sealed = paired_result(cases.sealed, baseline, candidate, bench.label)
        rails, costs = limit_results(
            bench.spec, bench.label, cases, baseline, candidate, self._limits
        )
        accepted, reasons = sealed_reasons(sealed, plan.level, rails, costs)
        account = await self._ledger.account(proposal.agent)
        alpha = alpha_use(account.budget, account.history, accepted)
        found = found.model_copy(
            update={"sealed": sealed, "guardrails": rails, "costs": costs, "alpha": alpha}
        )
        return accepted, Ending("accept" if accepted else "reject", reasons, found), sealed

    async def void(self, job: Job, reason: str) -> None:
        """No outcome was computed: the level goes back, the row stays."""
        reason = f"sealed test void, its level is not spent: {reason}"
        ending = Ending("inconclusive", (reason,), job.frozen.findings)
        await self._close(job, "void", None, ending)

    async def _close(
        self, job: Job, outcome: Outcome, sealed: PairedResult | None, ending: Ending
    ) -> None:
        """Outcome and verdict, in one transaction; a test that has its outcome keeps both."""
        agent, now = job.proposal.agent, self._now()
        async with self._database.transaction() as tx:
            if await self._ledger.close(tx, agent, job.experiment_id, outcome, sealed, now):
                await self._queue.finish(tx, report(job.proposal, ending, now))
