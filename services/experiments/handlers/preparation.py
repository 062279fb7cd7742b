"""Everything before a candidate is frozen. It may refuse freely: it proves nothing."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pawl_sdk.bundle import Bundle, BundleError, compile_bundle

from libs.clients.review_gate import ReviewGateClient
from libs.clients.runtime_config import RuntimeConfigClient
from libs.contracts.api import ExampleView
from libs.contracts.events import ProposalDrafted
from libs.contracts.evidence import EvidencePolicy
from services.experiments.adapters.fleet_sql import FleetStore
from services.experiments.adapters.reviews_http import ReviewLog
from services.experiments.adapters.tests_sql import TestLedger
from services.experiments.domain.cases import Cases, case_of, lessons_of
from services.experiments.domain.comparison import flips, paired_result
from services.experiments.domain.limits import Limits
from services.experiments.domain.plan import Ended, Findings
from services.experiments.domain.relearned import is_learned_from
from services.experiments.domain.screening import no_gain
from services.experiments.handlers.replays import BundleRefused, ReplayRunner
from services.experiments.handlers.smallest import Smallest
from services.experiments.handlers.workbench import Workbench

TRIED_MAX = 20


class NotNow(Exception):
    """The question cannot be answered yet: the experiment stays at the head of its queue."""


@dataclass(frozen=True)
class Terms:
    limits: Limits
    policy: EvidencePolicy
    budget: float
    settle_seconds: float
    lessons_max: int
    reviews_max: int
    takeover_reviews: int


@dataclass(frozen=True)
class Prepared:
    """A candidate that is worth a test, and what it was learned from."""

    bench: Workbench
    candidate: Bundle
    lessons: Cases
    learned: bool
    """Whether the draft is what the log teaches: then procedure evidence is about it."""
    head: int
    """The newest review that it may have learned from."""
    findings: Findings


class Preparation:
    """Base check, gaming, screen, the smallest diff, limits on the lessons."""

    def __init__(
        self,
        reviews: ReviewLog,
        ledger: TestLedger,
        fleet: FleetStore,
        gate: ReviewGateClient,
        configs: RuntimeConfigClient,
        runner: ReplayRunner,
        terms: Terms,
        now: Callable[[], datetime],
    ) -> None:
        self._reviews = reviews
        self._ledger = ledger
        self._fleet = fleet
        self._gate = gate
        self._configs = configs
        self._runner = runner
        self._terms = terms
        self._now = now

    async def prepare(self, proposal: ProposalDrafted) -> Prepared:
        """The smallest candidate that gains on the lessons; raises `Ended` or `NotNow`."""
        await self.check_base(proposal)
        bench = await self.bench(proposal)
        views = await self._reviews.reviews(proposal.agent)
        lessons = lessons_of((case_of(view) for view in views), self._terms.lessons_max)
        if not lessons:
            raise Ended("inconclusive", "there are no reviews to learn from yet")
        await self._check_candidate(bench, lessons)
        learned = await self._is_learned(bench, views)
        smallest = await Smallest(bench, lessons, learned).find()
        candidate = await bench.bundle(smallest.edits)
        arms = await bench.arms(candidate, lessons)
        rails, costs = await bench.limits(candidate, lessons, arms, self._terms.limits)
        found = Findings(
            candidate_digest=candidate.digest,
            edits=smallest.edits,
            edit_origins=smallest.origins,
            lessons=paired_result(lessons, arms.baseline, arms.candidate, bench.label),
            guardrails=rails,
            costs=costs,
            hunks=smallest.hunks,
            flips=flips(lessons, arms.baseline, arms.candidate, bench.label),
            flags=(*smallest.flags, *self._terms.limits.notes(rails)),
        )
        await self._check_findings(proposal, found)
        await self.check_base(proposal, found)  # replays took a while
        head = views[-1].position
        return Prepared(bench, candidate, lessons, learned, head, found)

    async def _is_learned(self, bench: Workbench, views: Sequence[ExampleView]) -> bool:
        candidate = await bench.bundle(bench.proposal.edits)
        return await asyncio.to_thread(
            is_learned_from, bench.baseline, candidate, views, bench.proposal, bench.today
        )

    async def check_base(self, proposal: ProposalDrafted, found: Findings | None = None) -> None:
        """One change at a time, on what is served now; else the figures mean nothing."""
        if decision := await self._fleet.decision(proposal.proposal_id):
            raise Ended("inconclusive", f"already decided: {decision}", findings=found)
        if other := await self._fleet.undecided_acceptance(proposal.agent):
            reason = f"not tested: {other} was accepted and still waited for a person's decision"
            raise Ended("inconclusive", reason, findings=found)
        since = self._now() - timedelta(seconds=self._terms.settle_seconds)
        if other := await self._fleet.release_underway(proposal.agent, since):
            raise NotNow(f"{other} is approved and being released")
        pointer = await self._configs.pointer(proposal.agent)
        served = pointer.digest if pointer else None
        canary = pointer.canary.digest if pointer and pointer.canary else None
        if canary == proposal.base_digest:
            reason = f"its base {canary} is still a canary: promote it, or roll it back"
            raise NotNow(reason)
        if served != proposal.base_digest or canary is not None:
            now = f"served is {served}" + (f", with the canary {canary}" if canary else "")
            reason = f"the base moved: drafted on {proposal.base_digest}, {now}"
            raise Ended("inconclusive", reason, findings=found)

    async def bench(self, proposal: ProposalDrafted) -> Workbench:
        """Compile the baseline from the config repo, and hold it against its digest."""
        base = await self._gate.files(proposal.agent, proposal.base_commit)
        if base is None:
            reason = f"the config repo has no commit {proposal.base_commit} of {proposal.agent}"
            raise Ended("inconclusive", reason)
        try:
            baseline = await asyncio.to_thread(compile_bundle, proposal.agent, base.files)
        except BundleError as error:
            raise Ended("inconclusive", f"the base does not compile: {error}") from error
        if baseline.digest != proposal.base_digest:
            reason = (
                f"commit {proposal.base_commit} compiles to {baseline.digest}, "
                f"not to {proposal.base_digest}"
            )
            raise Ended("inconclusive", reason)
        if baseline.spec.task is None:
            reason = "agent.yaml has no task: add task.label, the field that people judge"
            raise Ended("inconclusive", reason)
        today = self._now().date()
        return Workbench(proposal, base.files, baseline, baseline.spec.task, self._runner, today)

    async def _check_candidate(self, bench: Workbench, lessons: Cases) -> None:
        """The baseline first: what fails there is no one's fault. A few runs of the whole draft
        say whether agents take it; the smallest one is run on every lesson."""
        await bench.answers(bench.baseline, lessons)
        try:
            candidate = await bench.bundle(bench.proposal.edits)
            if candidate.digest == bench.baseline.digest:
                raise Ended("reject", "the edits change nothing")
            await bench.answers(candidate, lessons[-TRIED_MAX:])
        except (BundleError, BundleRefused) as error:
            raise Ended("reject", f"the candidate is no valid config: {error}") from error

    async def _check_findings(self, proposal: ProposalDrafted, found: Findings) -> None:
        if found.lessons is None:
            raise ValueError("findings without figures: compare on the lessons first")
        if reasons := no_gain(found.lessons):
            raise Ended("reject", *reasons, findings=found)
        if reasons := self._terms.limits.passed_already(found.guardrails, found.costs):
            raise Ended("reject", *reasons, findings=found)
        before = await self._ledger.tried(
            proposal.agent, proposal.base_digest, found.candidate_digest
        )
        if before == "refused":
            reason = "this very candidate was refused against this very config before"
            raise Ended("reject", reason, findings=found)


__all__ = ["NotNow", "Preparation", "Prepared", "Terms"]
