"""The exact test of what was promoted on procedure evidence: on live traffic, pair by pair.

Each review that comes after the release judges the new config and the one before it. What was
served is in the trace; the other arm is replayed. That takes far fewer reviews than comparing two
halves of the traffic.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from libs.acceptance.exact import ExactTest
from libs.clients.runtime_config import RuntimeConfigClient
from libs.contracts.api.experiments import TestOutcome
from libs.contracts.events import EvidenceResult, LiveTestFinished
from libs.runtime.logs import get_logger
from libs.storage import Database
from services.experiments.adapters.live_sql import Live, LiveState, LiveStore
from services.experiments.adapters.reviews_http import ReviewLog
from services.experiments.adapters.tests_sql import NewTest, OpenTest, TestLedger
from services.experiments.domain.cases import Cases, case_of, fresh_of
from services.experiments.domain.evidence import Exact, TestTerms, exact_test, gains_of
from services.experiments.handlers.preparation import Preparation, Terms

LOG = get_logger("experiments")
LEVEL = 0.05
"""The chance that a config which is no better is called confirmed, and that one which is no worse
is ever taken back. It promotes nothing that was not promoted before: no part of the budget."""


@dataclass(frozen=True)
class Compared:
    """`harm` is the same test with the arms exchanged."""

    exact: Exact
    harm: ExactTest


class LiveTests:
    def __init__(
        self,
        database: Database,
        live: LiveStore,
        ledger: TestLedger,
        reviews: ReviewLog,
        configs: RuntimeConfigClient,
        preparation: Preparation,
        terms: Terms,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._live = live
        self._ledger = ledger
        self._reviews = reviews
        self._configs = configs
        self._preparation = preparation
        self._terms = terms
        self._now = now

    async def look(self, live: Live) -> None:
        """Judge what has come since the last look; the agent's lease is held."""
        agent = live.proposal.agent
        test = await self._test(live)
        pointer = await self._configs.pointer(agent)
        tried = pointer.canary.digest if pointer and pointer.canary else None
        served = pointer.digest if pointer else None
        if live.candidate_digest not in (served, tried):
            await self._end(live, test, "ended", None, "it is served no more")
            return
        views = await self._reviews.reviews(agent)
        cases = tuple(case_of(view) for view in views)
        if not cases or cases[-1].position <= test.through_position:
            return
        compared = await self._compare(live, test, cases)
        evidence = compared.exact.evidence
        if compared.exact.test.decision == "accept":
            await self._end(live, test, "confirmed", evidence, compared.exact.test.figures().reason)
        elif compared.harm.decision == "accept":
            await self._end(live, test, "worse", evidence, "reviews show that it agrees less often")
        elif evidence.n >= self._terms.reviews_max:
            await self._end(live, test, "ended", evidence, "its reviews tell nothing apart")
        else:
            async with self._database.transaction() as tx:
                await self._ledger.progress(tx, test, cases[-1].position, evidence)

    async def _test(self, live: Live) -> OpenTest:
        agent = live.proposal.agent
        if live.test_number is None:
            new = NewTest(
                kind="exact",
                experiment_id=None,
                baseline_digest=live.proposal.base_digest,
                candidate_digest=live.candidate_digest,
                from_position=live.from_position,
                level=LEVEL,
            )
            async with self._database.transaction() as tx:
                number = await self._ledger.open(tx, agent, new, self._now())
                await self._live.opened(tx, live.experiment_id, number)
        else:
            number = live.test_number
        test = await self._ledger.numbered(agent, number)
        if test is None:
            raise ValueError(f"the live test of {live.experiment_id} was closed by somebody else")
        return test

    async def _compare(self, live: Live, test: OpenTest, cases: Cases) -> Compared:
        bench = await self._preparation.bench(live.proposal)
        candidate = await bench.bundle(live.proposal.edits)
        before = [case for case in cases if case.position <= test.from_position]
        fresh = fresh_of(
            (case for case in cases if case.position > test.from_position),
            (case.example_key for case in before),
        )
        arms = (
            await bench.recorded_or_replayed(bench.baseline, fresh),
            await bench.recorded_or_replayed(candidate, fresh),
        )
        terms = TestTerms(
            test.test_number,
            test.level,
            self._terms.budget,
            test.promoted_before,
            test.from_position,
        )
        groups = [case.group for case in before]
        harm = ExactTest.opened(LEVEL, groups)
        for case, gain in zip(fresh, gains_of(fresh, arms, bench.label), strict=True):
            harm.observe(case.group, -gain)
        return Compared(exact_test(terms, groups, fresh, arms, bench.label), harm)

    async def _end(
        self,
        live: Live,
        test: OpenTest,
        state: LiveState,
        evidence: EvidenceResult | None,
        note: str,
    ) -> None:
        now = self._now()
        outcomes: dict[LiveState, TestOutcome] = {"confirmed": "confirmed", "worse": "refused"}
        async with self._database.transaction() as tx:
            if not await self._live.close(tx, live.experiment_id, state, note, now):
                return
            await self._ledger.close(tx, test, outcomes.get(state, "ended"), evidence, now)
            if evidence is not None and state in ("confirmed", "worse"):
                await tx.publish(_finished(live, state, evidence, now))
        LOG.info("live test", experiment=live.experiment_id, state=state, why=note)


def _finished(
    live: Live, state: LiveState, evidence: EvidenceResult, now: datetime
) -> LiveTestFinished:
    return LiveTestFinished(
        experiment_id=live.experiment_id,
        proposal_id=live.proposal.proposal_id,
        agent=live.proposal.agent,
        outcome="confirmed" if state == "confirmed" else "worse",
        baseline_digest=live.proposal.base_digest,
        candidate_digest=live.candidate_digest,
        evidence=evidence,
        finished_at=now,
    )
