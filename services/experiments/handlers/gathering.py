"""A frozen candidate waits for evidence: its own, or that of the procedure which drafted it."""

from collections.abc import Callable
from datetime import datetime

from libs.contracts.events import EvidenceKind, EvidenceResult
from libs.storage import Database
from services.experiments.adapters.queue_sql import Job, QueueStore
from services.experiments.adapters.reviews_http import ReviewLog
from services.experiments.adapters.tests_sql import NewTest, OpenTest, TestLedger
from services.experiments.domain.cases import Case, Cases, case_of, fresh_of, lessons_of
from services.experiments.domain.evidence import Exact, TestTerms, exact_test
from services.experiments.domain.plan import Ended, Findings, Frozen
from services.experiments.handlers.preparation import Preparation, Prepared, Terms
from services.experiments.handlers.procedure import Procedure
from services.experiments.handlers.workbench import Workbench


class Gathering:
    """All of a test follows from the frozen candidate and the log: a restart changes nothing."""

    def __init__(
        self,
        database: Database,
        ledger: TestLedger,
        queue: QueueStore,
        reviews: ReviewLog,
        preparation: Preparation,
        procedure: Procedure,
        terms: Terms,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._queue = queue
        self._reviews = reviews
        self._preparation = preparation
        self._procedure = procedure
        self._terms = terms
        self._now = now

    async def open(self, job: Job, prepared: Prepared) -> None:
        """Freeze the candidate and write its test down, before any evidence can exist."""
        agent = job.proposal.agent
        new = NewTest(
            kind="exact",
            experiment_id=job.experiment_id,
            baseline_digest=job.proposal.base_digest,
            candidate_digest=prepared.candidate.digest,
            from_position=prepared.head,
        )
        async with self._database.transaction() as tx:
            number = await self._ledger.open(tx, agent, new, self._now())
            await self._queue.freeze(tx, job.experiment_id, _frozen(prepared, "exact", number))

    async def wait_for(self, job: Job, prepared: Prepared, test: OpenTest) -> None:
        """Freeze a learned candidate: the era's test goes on with the reviews that come."""
        async with self._database.transaction() as tx:
            frozen = _frozen(prepared, "procedure", test.test_number)
            await self._queue.freeze(tx, job.experiment_id, frozen)

    async def look(self, job: Job, frozen: Frozen) -> None:
        """Judge what has come; raises `Ended` when it is over, `NotNow` to look later."""
        test = await self._ledger.numbered(job.proposal.agent, frozen.test_number)
        if test is None:
            reason = "its test was closed by somebody else"
            raise Ended("inconclusive", reason, findings=frozen.findings)
        await self._preparation.check_base(job.proposal, frozen.findings)
        views = await self._reviews.reviews(job.proposal.agent)
        cases = tuple(case_of(view) for view in views)
        if cases[-1].position <= test.through_position:
            return
        bench = await self._preparation.bench(job.proposal)
        if frozen.kind == "procedure":
            await self._look_at_era(bench, frozen, test, cases)
        else:
            await self._look_at_own(bench, frozen, test, cases)

    async def _look_at_era(
        self, bench: Workbench, frozen: Frozen, test: OpenTest, cases: Cases
    ) -> None:
        evidence = await self._procedure.take(test, bench)
        if has_passed(evidence):
            found = frozen.findings.model_copy(update={"evidence": evidence})
            await self._hold_limits(bench, frozen, found, cases)

    async def _look_at_own(
        self, bench: Workbench, frozen: Frozen, test: OpenTest, cases: Cases
    ) -> None:
        before = [case for case in cases if case.position <= test.from_position]
        fresh = fresh_of(
            (case for case in cases if case.position > test.from_position),
            (case.example_key for case in before),
        )
        exact = await self._judged(bench, frozen, test, before, fresh)
        await self._settle(bench, frozen, exact, (*before, *fresh))
        async with self._database.transaction() as tx:  # seen only once it was judged
            await self._ledger.progress(tx, test, cases[-1].position, exact.evidence)

    async def _judged(
        self, bench: Workbench, frozen: Frozen, test: OpenTest, before: list[Case], fresh: Cases
    ) -> Exact:
        candidate = await bench.answers(await bench.bundle(frozen.edits), fresh)
        baseline = await bench.incumbent(fresh)
        terms = TestTerms(
            test.test_number,
            test.level,
            self._terms.budget,
            test.promoted_before,
            test.from_position,
        )
        groups = [case.group for case in before]
        return exact_test(terms, groups, fresh, (baseline, candidate), bench.label)

    async def _settle(self, bench: Workbench, frozen: Frozen, exact: Exact, cases: Cases) -> None:
        evidence = exact.evidence
        found = frozen.findings.model_copy(update={"evidence": evidence})
        if exact.test.decision == "accept":
            await self._hold_limits(bench, frozen, found, cases)
        said = f"exact evidence: {figures_of(evidence)}"
        if exact.test.decision == "refuse":
            raise Ended("reject", f"{said}: {exact.test.figures().reason}", findings=found)
        if exact.test.decision == "wait" and evidence.n >= self._terms.reviews_max:
            reason = f"{said} tell nothing apart; it makes room for a newer draft"
            raise Ended("inconclusive", reason, findings=found)

    async def _hold_limits(
        self, bench: Workbench, frozen: Frozen, found: Findings, cases: Cases
    ) -> None:
        """What it gained may have cost too much elsewhere: looked at once more, with all cases."""
        through = max(
            frozen.from_position, found.evidence.through_position if found.evidence else 0
        )
        known = (case for case in cases if case.position <= through)  # whenever it is looked at
        judged_on = lessons_of(known, self._terms.lessons_max)
        candidate = await bench.bundle(frozen.edits)
        arms = await bench.arms(candidate, judged_on)
        rails, costs = await bench.limits(candidate, judged_on, arms, self._terms.limits)
        found = found.model_copy(update={"guardrails": rails, "costs": costs})
        if against := self._terms.limits.broken(rails, costs):
            raise Ended("reject", *against, findings=found)
        raise Ended("accept", accepted_because(found.evidence), findings=found)


def _frozen(prepared: Prepared, kind: EvidenceKind, test_number: int) -> Frozen:
    return Frozen(
        kind=kind,
        edits=prepared.findings.edits,
        candidate_digest=prepared.candidate.digest,
        from_position=prepared.head,
        test_number=test_number,
        findings=prepared.findings,
    )


def has_passed(evidence: EvidenceResult) -> bool:
    """Whether an e-value is as large as its level asks for."""
    return evidence.e_value is not None and evidence.e_value >= 1 / evidence.level


def figures_of(evidence: EvidenceResult) -> str:
    """Wins, losses and n."""
    return f"{evidence.wins} wins against {evidence.losses} losses on {evidence.n} reviews"


def accepted_because(evidence: EvidenceResult | None) -> str:
    """The figures that carried it."""
    if evidence is None:
        raise ValueError("accepted without evidence")
    value = (
        f"E = {evidence.e_value:.4g}, had to reach {1 / evidence.level:.4g}"
        if evidence.p_value is None
        else f"p = {evidence.p_value:.4g}, had to be at most {evidence.level:.4g}"
    )
    return f"{evidence.kind} evidence: {figures_of(evidence)}, {value}"
