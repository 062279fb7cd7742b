"""A mining run, and the reviewer's decisions on what comes of it."""

from examples.procurement.demo.errors import DemoError
from examples.procurement.demo.platform_api import PlatformApi
from examples.procurement.demo.reviewing import REVIEWER
from examples.procurement.demo.screen import Screen
from examples.procurement.demo.state import Learned, Outcome
from examples.procurement.demo.waiting import wait_for
from libs.contracts.api import DecisionPosted, MiningRunView, ProposalView

MINING_SECONDS = 180.0


class Mining:
    """Starts runs and decides, as a person would, over the API."""

    def __init__(self, api: PlatformApi, agent: str, screen: Screen) -> None:
        self.agent = agent
        self._api = api
        self._screen = screen

    async def mine(self, run_id: str, n: int) -> tuple[list[Outcome], str]:
        """Start the run and approve what has proven itself.

        Returns what became of each proposal, and what the miner says of the run.
        """
        await self._api.start_mining(run_id)
        with self._screen.step(n, "proposals drafted, tried and decided", 1) as tick:
            run = await wait_for(
                "the mining run to settle", lambda: self._go_on(run_id), MINING_SECONDS
            )
            tick()
        if run.state == "failed":
            raise DemoError(f"the mining run {run_id} failed: {run.note}")
        views = await wait_for(
            "the review gate to hear every verdict", lambda: self._settled(run), MINING_SECONDS
        )
        return [outcome_of(one) for one in views], run.note

    async def _settled(self, run: MiningRunView) -> list[ProposalView] | None:
        """The miner may hear of a verdict before the review gate does."""
        found = {
            view.proposal.proposal_id: view for view in await self._api.proposals(run.mining_run_id)
        }
        views = [found[one] for one in run.proposal_ids if one in found]
        heard = [one for one in views if one.experiment and one.state not in ("drafted", "open")]
        return views if len(heard) == len(run.proposal_ids) else None

    async def _go_on(self, run_id: str) -> MiningRunView | None:
        for view in await self._api.proposals(run_id):
            if view.state == "open":
                await self._decide(view)
        run = await self._api.mining_run(run_id)
        return run if run is not None and run.state in ("settled", "failed") else None

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
                reason="The sealed test holds." if proven else "Nothing was proven.",
            ),
        )


def outcome_of(view: ProposalView) -> Outcome:
    """What the person is shown of a proposal."""
    proposal, experiment = view.proposal, view.experiment
    kept = experiment.edits if experiment else ()
    evidence = [
        one for one in proposal.evidence if not kept or proposal.edits[one.edit_index] in kept
    ]
    sealed = experiment.sealed if experiment else None
    return Outcome(
        proposal_id=proposal.proposal_id,
        experiment_id=experiment.experiment_id if experiment else None,
        state="inconclusive" if view.state in ("drafted", "open") else view.state,
        title=view.title or proposal.title,
        learned=tuple(
            Learned(
                plain=one.plain,
                support=one.support,
                wins=one.wins,
                losses=one.losses,
                quotes=one.quotes,
            )
            for one in evidence
        ),
        reasons=experiment.reasons if experiment else (),
        sealed_n=sealed.n if sealed else None,
        sealed_gain=sealed.gain if sealed else None,
        p_value=sealed.p_value if sealed else None,
        level=experiment.alpha.level if experiment and experiment.alpha else None,
        candidate_digest=experiment.candidate_digest if experiment else None,
    )
