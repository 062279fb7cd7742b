"""Everything before the sealed split is touched. It may refuse freely: it costs no alpha."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pawl_sdk.bundle import BundleError, compile_bundle

from libs.contracts.events import PairedResult, ProposalDrafted
from services.experiments.adapters.examples_sql import ExampleStore
from services.experiments.adapters.fleet_sql import FleetStore
from services.experiments.adapters.ledger_sql import Account, LedgerStore
from services.experiments.adapters.services_http import ConfigReader
from services.experiments.domain.cases import Cases, group_count
from services.experiments.domain.limits import Limits, limit_results
from services.experiments.domain.minimality import Minimal, Subset, Tally, minimise
from services.experiments.domain.plan import Ended, Findings, SealedPlan
from services.experiments.domain.screening import no_gain, screen
from services.experiments.domain.sealed import not_worth_a_test
from services.experiments.handlers.replays import BundleRefused, ReplayRunner
from services.experiments.handlers.workbench import Workbench


class NotNow(Exception):
    """The question cannot be answered yet: the experiment stays at the head of its queue."""


@dataclass(frozen=True)
class Terms:
    limits: Limits
    power_min: float
    settle_seconds: float


class Preparation:
    """Base check, screen, 1-minimal diff, limits on the open splits, worth of a sealed test."""

    def __init__(
        self,
        examples: ExampleStore,
        ledger: LedgerStore,
        fleet: FleetStore,
        configs: ConfigReader,
        runner: ReplayRunner,
        terms: Terms,
        now: Callable[[], datetime],
    ) -> None:
        self._examples = examples
        self._ledger = ledger
        self._fleet = fleet
        self._configs = configs
        self._runner = runner
        self._terms = terms
        self._now = now

    async def plan(self, proposal: ProposalDrafted) -> SealedPlan:
        """What the sealed test will compare; raises `Ended` with a verdict that came before."""
        await self.check_base(proposal)
        bench = await self.bench(proposal)
        account = await self._ledger.account(proposal.agent)
        cases = Cases.of(await self._examples.cases(proposal.agent, account.epoch))
        await self._check_candidate(bench, cases)
        minimal = await self._minimised(bench, cases)
        found = await bench.open_findings(minimal.kept, cases)
        found = found.model_copy(update={"hunks": minimal.hunks})
        if reasons := screen(*figures_of(found)):
            raise Ended("reject", *reasons, findings=found)
        await self._check_limits(bench, minimal.kept, cases, found)
        await self._check_first_use(proposal, account, found)
        plan = self._worth_a_test(minimal.kept, account, cases, found)
        await self.check_base(proposal, found)  # replays took a while
        return plan

    async def check_base(self, proposal: ProposalDrafted, found: Findings | None = None) -> None:
        """One change at a time, on what is served now; else the figures mean nothing."""
        found = found or Findings()
        if decision := await self._fleet.decision(proposal.proposal_id):
            raise Ended("inconclusive", f"already decided: {decision}", findings=found)
        if other := await self._fleet.undecided_acceptance(proposal.agent):
            reason = f"not tested: {other} was accepted and still waited for a person's decision"
            raise Ended("inconclusive", reason, findings=found)
        since = self._now() - timedelta(seconds=self._terms.settle_seconds)
        if other := await self._fleet.release_underway(proposal.agent, since):
            raise NotNow(f"{other} is approved and being released")
        served = await self._configs.served_digest(proposal.agent)
        if served != proposal.base_digest:
            reason = f"the base moved: drafted on {proposal.base_digest}, served is {served}"
            raise Ended("inconclusive", reason, findings=found)

    async def bench(self, proposal: ProposalDrafted) -> Workbench:
        """Compile the baseline from the config repo, and hold it against its digest."""
        files = await self._configs.files(proposal.agent, proposal.base_commit)
        if files is None:
            reason = f"the config repo has no commit {proposal.base_commit} of {proposal.agent}"
            raise Ended("inconclusive", reason, findings=Findings())
        try:
            baseline = await asyncio.to_thread(compile_bundle, proposal.agent, files)
        except BundleError as error:
            reason = f"the base does not compile: {error}"
            raise Ended("inconclusive", reason, findings=Findings()) from error
        if baseline.digest != proposal.base_digest:
            reason = (
                f"commit {proposal.base_commit} compiles to {baseline.digest}, "
                f"not to {proposal.base_digest}"
            )
            raise Ended("inconclusive", reason, findings=Findings())
        if baseline.spec.task is None:
            reason = "agent.yaml has no task: add task.label, the field that people judge"
            raise Ended("inconclusive", reason, findings=Findings())
        return Workbench(proposal, files, baseline, baseline.spec.task, self._runner)

    async def _check_candidate(self, bench: Workbench, cases: Cases) -> None:
        if not cases.open:
            reason = "mine and select hold no labelled examples yet"
            raise Ended("inconclusive", reason, findings=Findings())
        await bench.answers(
            (), cases.open
        )  # the baseline first: what fails there is no one's fault
        try:
            candidate = await bench.bundle(bench.every_edit)
            if candidate.digest == bench.baseline.digest:
                raise Ended("reject", "the edits change nothing", findings=Findings())
            await bench.answers(bench.every_edit, cases.open)
        except (BundleError, BundleRefused) as error:
            reason = f"the candidate is no valid config: {error}"
            raise Ended("reject", reason, findings=Findings()) from error

    async def _minimised(self, bench: Workbench, cases: Cases) -> Minimal:
        """Only a gain is worth taking apart; what harms select may go on the way."""
        found = await bench.open_findings(bench.every_edit, cases)
        mine, select = figures_of(found)
        if reasons := no_gain(mine, select):
            raise Ended("reject", *reasons, findings=found)
        tally = Tally(mine.wins + select.wins, mine.losses + select.losses)

        async def measure(kept: Subset) -> Tally | None:
            return await bench.tally(kept, cases)

        return await minimise(len(bench.every_edit), tally, measure)

    async def _check_limits(
        self, bench: Workbench, kept: Subset, cases: Cases, found: Findings
    ) -> None:
        """What is already past its limit, or could not be shown at all, needs no sealed test."""
        baseline = await bench.answers((), cases.open)
        candidate = await bench.answers(kept, cases.open)
        open_only = Cases(cases.mine, cases.select, ())
        rails, costs = limit_results(
            bench.spec, bench.label, open_only, baseline, candidate, self._terms.limits
        )
        found = found.model_copy(update={"guardrails": rails, "costs": costs})
        if reasons := self._terms.limits.passed_already(rails, costs):
            raise Ended("reject", *reasons, findings=found)
        if reasons := self._terms.limits.cannot_be_shown(bench.spec, cases):
            raise Ended("inconclusive", *reasons, findings=found)

    async def _check_first_use(
        self, proposal: ProposalDrafted, account: Account, found: Findings
    ) -> None:
        before = await self._ledger.tested(
            proposal.agent, account.epoch, proposal.base_digest, found.candidate_digest
        )
        if before is not None:
            reason = (
                f"this candidate had its sealed test in {before.experiment_id}: {before.outcome}; "
                "the same evidence is not asked twice"
            )
            refused = before.outcome == "refused"
            raise Ended("reject" if refused else "inconclusive", reason, findings=found)

    def _worth_a_test(
        self, kept: Subset, account: Account, cases: Cases, found: Findings
    ) -> SealedPlan:
        level = account.next_level
        if level is None:
            reason = (
                f"the alpha budget of {account.budget.budget:g} is used up after "
                f"{account.budget.tests_max} tests; wait for fresh sealed examples"
            )
            raise Ended("inconclusive", reason, findings=found)
        mine, select = figures_of(found)
        groups = group_count(cases.sealed)
        futile = not_worth_a_test(mine, select, groups, level.level, self._terms.power_min)
        if futile is not None:
            raise Ended("inconclusive", futile, findings=found)
        return SealedPlan(
            epoch=account.epoch,
            test_number=level.test_number,
            level=level.level,
            kept=kept,
            cases=cases.all,
            findings=found,
        )


def figures_of(found: Findings) -> tuple[PairedResult, PairedResult]:
    """Mine and select, which every screened candidate has."""
    if found.mine is None or found.select is None:
        raise ValueError("findings without figures: screen the candidate first")
    return found.mine, found.select


__all__ = ["NotNow", "Preparation", "Terms"]
