"""A mining run, the evidence for what comes of it, and the reviewer's decisions."""

from collections.abc import Collection, Sequence

from examples.procurement.demo.errors import DemoError
from examples.procurement.demo.outcomes import decided_outcome, waiting_outcome
from examples.procurement.demo.platform_api import PlatformApi
from examples.procurement.demo.reviewing import REVIEWER
from examples.procurement.demo.screen import Screen
from examples.procurement.demo.state import Outcome
from examples.procurement.demo.waiting import wait_for
from libs.contracts.api import DecisionPosted, ExperimentView, MiningRunView, ProposalView

MINING_SECONDS = 180.0


class Mining:
    """Starts runs and decides, as a person would, over the API."""

    def __init__(self, api: PlatformApi, agent: str, screen: Screen) -> None:
        self.agent = agent
        self._api = api
        self._screen = screen

    async def mine(
        self, run_id: str, n: int, known: Collection[str] = ()
    ) -> tuple[list[Outcome], str]:
        """Start the run and approve what has proven itself.

        Returns what became of each proposal, also `waiting`, and what the miner says of the run.
        `known` are proposals of earlier cycles: the same change again is no new one.
        """
        await self._api.start_mining(run_id)
        with self._screen.step(n, "proposals drafted, tried and decided", 1) as tick:
            run = await wait_for(
                "the mining run to draft", lambda: self._drafted(run_id), MINING_SECONDS
            )
            outcomes = await wait_for(
                "every proposal to be judged", lambda: self._outcomes(run, n, known), MINING_SECONDS
            )
            tick()
        return outcomes, run.note

    async def look(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """What became of proposals that waited; each has a verdict or waits on."""
        return [
            await wait_for(f"the verdict on {one.name}", lambda one=one: self._again(one))  # type: ignore[misc]
            for one in outcomes
        ]

    async def _drafted(self, run_id: str) -> MiningRunView | None:
        run = await self._api.mining_run(run_id)
        if run is not None and run.state == "failed":
            raise DemoError(f"the mining run {run_id} failed: {run.note}")
        return run if run is not None and run.state != "running" else None

    async def _outcomes(
        self, run: MiningRunView, n: int, known: Collection[str]
    ) -> list[Outcome] | None:
        """None as long as one of them has not come far enough."""
        views = {one.proposal.proposal_id: one for one in await self._api.proposals(run)}
        tests = await self._api.experiments.experiments(self.agent, run.mining_run_id)
        by_proposal = {one.proposal_id: one for one in tests}
        found = [
            await self._outcome(f"proposal {n}.{number}", views.get(name), by_proposal.get(name))
            for number, name in enumerate(run.proposal_ids, start=1)
            if name not in known
        ]
        settled = [one for one in found if one is not None]
        return settled if len(settled) == len(found) else None

    async def _again(self, outcome: Outcome) -> Outcome | None:
        view = await self._api.gate.proposal(outcome.proposal_id)
        test = await self._api.experiments.experiment(outcome.experiment_id or "")
        return await self._outcome(outcome.name, view, test)

    async def _outcome(
        self, name: str, view: ProposalView | None, test: ExperimentView | None
    ) -> Outcome | None:
        if view is None or test is None:
            return None
        if test.state == "gathering":
            return waiting_outcome(name, view, test)
        if view.experiment is None or view.state == "drafted":
            return None  # the experiment goes on, or the review gate has not heard of its end
        if view.state == "open":
            await self._decide(view)
            return None
        return decided_outcome(name, view)

    async def _decide(self, view: ProposalView) -> None:
        """She approves what has proven itself and rejects all else."""
        proven = view.experiment is not None and view.experiment.verdict == "accept"
        if view.head_commit is None:
            return  # the branch is not there yet
        await self._api.decide(
            view.proposal.proposal_id,
            DecisionPosted(
                decision="approve" if proven else "reject",
                reviewer=REVIEWER,
                head_commit=view.head_commit,
                reason="The evidence holds." if proven else "Nothing was proven.",
            ),
        )
