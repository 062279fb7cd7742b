"""Procedure evidence: learning like this, judged on what came after what it had learned from."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import datetime

from libs.acceptance.procedure import Era
from libs.contracts.events import EvidenceResult, ProposalDrafted
from libs.contracts.evidence import kinds_that_suffice
from libs.storage import Database
from services.experiments.adapters.fleet_sql import FleetStore
from services.experiments.adapters.reviews_http import ReviewLog
from services.experiments.adapters.tests_sql import NewTest, OpenTest, TestLedger
from services.experiments.domain.cases import Case, case_of, fresh_of
from services.experiments.domain.evidence import TestTerms
from services.experiments.domain.relearned import assess_era
from services.experiments.handlers.preparation import Prepared, Terms
from services.experiments.handlers.workbench import Workbench


class Procedure:
    """The learner is run here again, on the log alone: nothing that a draft says is believed."""

    def __init__(
        self,
        database: Database,
        ledger: TestLedger,
        fleet: FleetStore,
        reviews: ReviewLog,
        terms: Terms,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._fleet = fleet
        self._reviews = reviews
        self._terms = terms
        self._now = now

    async def assess(self, prepared: Prepared) -> tuple[OpenTest, EvidenceResult] | None:
        """The era's test with its evidence now; None where it says nothing of this candidate."""
        kinds = kinds_that_suffice(prepared.findings.edits, self._terms.policy)
        if "procedure" not in kinds or not prepared.learned:
            return None
        test = await self._test(prepared.bench.proposal, prepared.head)
        return test, await self.take(test, prepared.bench)

    async def take(self, test: OpenTest, bench: Workbench) -> EvidenceResult:
        """Every review that the era has not seen, into its test."""
        views = await self._reviews.reviews(test.agent)
        cases = [case_of(view) for view in views]
        before = [case.example_key for case in cases if case.position <= test.from_position]
        judged = fresh_of((one for one in cases if one.position > test.from_position), before)
        right = await self._incumbent_right(bench, judged)
        terms = TestTerms(
            test.test_number,
            test.level,
            self._terms.budget,
            test.promoted_before,
            test.from_position,
        )
        era = Era.restore(json.loads(test.state)) if test.state else Era(level=test.level)
        assessed = await asyncio.to_thread(
            assess_era, terms, era, bench.baseline, views, right, bench.today
        )
        state, head = json.dumps(assessed.era.state()), views[-1].position
        async with self._database.transaction() as tx:
            await self._ledger.progress(tx, test, head, assessed.evidence, state)
        return assessed.evidence

    async def _incumbent_right(self, bench: Workbench, judged: Sequence[Case]) -> dict[int, bool]:
        """By position: whether what is served answered as the reviewer wanted."""
        answers = await bench.incumbent(judged)
        return {
            case.position: answers[case.example_key].answer(bench.label) == case.expected
            for case in judged
        }

    async def _test(self, proposal: ProposalDrafted, head: int) -> OpenTest:
        """One for each era: it goes on while the incumbent stays.

        A second one against the same incumbent, as after a person's no, or after a rollback to it,
        takes only reviews that no earlier one has seen.
        """
        agent, digest = proposal.agent, proposal.base_digest
        since = await self._fleet.era_from(agent, digest)
        known = await self._ledger.procedure(agent, digest)
        if known is not None and (since is None or since <= known.from_position):
            return known
        begins = max(
            head if since is None else since, await self._ledger.procedures_through(agent, digest)
        )
        new = NewTest("procedure", None, digest, None, begins)
        async with self._database.transaction() as tx:
            await self._ledger.close_procedures(tx, agent, self._now())
            await self._ledger.open(tx, agent, new, self._now())
        opened = await self._ledger.procedure(agent, digest)
        if opened is None:
            raise ValueError(f"the procedure test of {agent} was closed as it was opened")
        return opened
