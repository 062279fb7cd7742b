"""Decisions are carried out to the end, also when the process dies in between.

First the intent is written down (`claim`), then the forge is changed (again and again gives the
same result), then the final state and the event are written in one transaction (`settle`).
"""

import asyncio
from collections import defaultdict
from contextlib import suppress

from libs.contracts.api import ProposalView
from libs.contracts.api.proposals import ProposalState
from libs.contracts.events import Decision, ProposalDecided
from services.review_gate.domain.candidate import compile_files
from services.review_gate.domain.errors import ConflictError, InvalidConfigError, NotFoundError
from services.review_gate.domain.on_forge import NOT_RELEASED, taken_on_forge
from services.review_gate.domain.one_by_one import one_by_one
from services.review_gate.domain.policy import Policy
from services.review_gate.domain.ports import MAIN, Forge, Intent, Merge, Now, Reviews
from services.review_gate.domain.words import close_comment, link_to, merge_message


class Settlement:
    """Callers hold `turn(agent)`: per agent one change at a time."""

    def __init__(self, reviews: Reviews, forge: Forge, policy: Policy, now: Now) -> None:
        self.reviews = reviews
        self.forge = forge
        self.policy = policy
        self.now = now
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def turn(self, agent: str) -> asyncio.Lock:
        """Held while an agent's proposals or config are changed."""
        return self._turns[agent]

    def intent(self, decision: Decision, by: str, reason: str, head_commit: str) -> Intent:
        """A decision taken now."""
        return Intent(decision, by, reason, head_commit, self.now())

    async def settle(self, view: ProposalView, intent: Intent) -> ProposalView:
        """Take the decision, unless another was taken, and carry it out; the proposal after it."""
        id_ = view.proposal.proposal_id
        in_force = await self.reviews.claim(id_, intent)
        if in_force is None:
            return await self.reviews.get(id_) or view
        if (in_force.decision, in_force.head_commit) != (intent.decision, intent.head_commit):
            raise ConflictError(f"{in_force.decided_by} has just {in_force.decision} it")
        return await self._carry_out(view, in_force)

    async def finish_claimed(self) -> None:
        """Carry out what was decided before a crash."""
        await one_by_one([view for view, _ in await self.reviews.claimed()], self._finish_claimed)

    async def _finish_claimed(self, stale: ProposalView) -> None:
        async with self.turn(stale.proposal.agent):
            for view, intent in await self.reviews.claimed():
                if view.proposal.proposal_id == stale.proposal.proposal_id:
                    await self._carry_out(view, intent)

    async def is_claimed(self, id_: str) -> bool:
        """Whether a decision was taken that is not carried out yet."""
        claimed = await self.reviews.claimed()
        return any(view.proposal.proposal_id == id_ for view, _ in claimed)

    async def turn_away(
        self,
        view: ProposalView,
        decision: Decision,
        reason: str,
        state: ProposalState | None = None,
    ) -> None:
        """Settle an accepted proposal that gets no pull request: whoever waits for it must know."""
        intent = self.intent(decision, self.policy.bot, reason, view.proposal.base_commit)
        usual: ProposalState = "refused" if decision == "rejected" else decision
        await self._finish(view, intent, state or usual)

    async def supersede(self, view: ProposalView, reason: str) -> None:
        """Close a pull request that a person should no longer spend time on."""
        head = view.head_commit or view.proposal.base_commit
        intent = self.intent("superseded", self.policy.bot, reason, head)
        with suppress(NotFoundError):  # it leads to another branch now: nothing of it is on main
            intent = await self.decided_on_forge(view) or intent
        with suppress(ConflictError):  # a person was faster: theirs stands
            await self.settle(view, intent)

    async def decided_on_forge(self, view: ProposalView) -> Intent | None:
        """What people made of an open proposal's pull request on the forge itself, if anything."""
        if view.state != "open" or not self.forge.watches:
            return None
        pull = await self.forge.pull(view.branch or "")
        if pull.state == "open":
            return None
        return taken_on_forge(view, pull, self.policy, self.now())

    async def close_superseded(self, agent: str) -> None:
        """Close what stands on an older base, and the oldest beyond the allowed number."""
        current = await self.forge.snapshot(agent, MAIN)
        standing = []
        for view in await self.reviews.in_state("open", agent):
            base = await self.forge.snapshot(agent, view.proposal.base_commit)
            if base.files == current.files:
                standing.append(view)
            else:
                await self.supersede(view, f"its base was replaced by {current.commit[:12]}")
        extra = max(0, len(standing) - self.policy.open_per_agent_max)
        for view in standing[:extra]:
            await self.supersede(view, f"superseded by {link_to(standing[-1])}")

    async def close_outdated(self) -> None:
        """For every agent: main may also move, or a crash come, without a decision of the gate."""
        standing = await self.reviews.in_state("open")
        await one_by_one({view.proposal.agent: None for view in standing}, self._close_outdated)

    async def _close_outdated(self, agent: str) -> None:
        async with self.turn(agent):
            await self.close_superseded(agent)

    async def _carry_out(self, view: ProposalView, intent: Intent) -> ProposalView:
        branch = view.branch or ""
        if intent.decision != "approved":
            await self.forge.close(branch, close_comment(intent))
            return await self._finish(view, intent, intent.decision)
        agent = view.proposal.agent
        message = merge_message(view, intent)
        try:
            merge_commit = await self.forge.merge(
                Merge(agent, branch, intent.head_commit, message, intent.decided_at)
            )
        except (ConflictError, NotFoundError):  # a person decides again
            await self.reviews.unclaim(view.proposal.proposal_id)
            raise
        settled = await self._finish_merged(view, intent, merge_commit)
        await self.close_superseded(agent)
        return settled

    async def _finish_merged(
        self, view: ProposalView, intent: Intent, merge_commit: str
    ) -> ProposalView:
        """Only what was tested is released: the merged files must compile to it."""
        agent = view.proposal.agent
        tested = view.experiment.candidate_digest if view.experiment else None
        try:
            merged = await self.forge.snapshot(agent, merge_commit)
            digest = (await asyncio.to_thread(compile_files, agent, merged.files)).digest
        except (InvalidConfigError, NotFoundError) as error:
            found = f"is no config that an agent could load ({error})"
        else:
            if digest == tested:
                return await self._finish(view, intent, "approved", merge_commit, digest)
            found = f"compiles to {digest}"
        reason = (
            f"merged as {merge_commit[:12]}, which {found}, while {tested} was tested: "
            f"{NOT_RELEASED}"
        )
        refused = Intent("rejected", self.policy.bot, reason, intent.head_commit, intent.decided_at)
        return await self._finish(view, refused, "rejected")

    async def _finish(
        self,
        view: ProposalView,
        intent: Intent,
        state: ProposalState,
        merge_commit: str | None = None,
        bundle_digest: str | None = None,
    ) -> ProposalView:
        update = {
            "state": state,
            "decided_by": intent.decided_by,
            "decided_reason": intent.reason,
            "decided_at": intent.decided_at,
            "merge_commit": merge_commit,
            "bundle_digest": bundle_digest,
            "updated_at": self.now(),
        }
        settled = view.model_copy(update=update)
        await self.reviews.settle(settled, _decided(settled, intent))
        return settled


def _decided(view: ProposalView, intent: Intent) -> ProposalDecided:
    return ProposalDecided(
        proposal_id=view.proposal.proposal_id,
        agent=view.proposal.agent,
        decision=intent.decision,
        decided_by=intent.decided_by,
        reason=intent.reason,
        head_commit=intent.head_commit,
        merge_commit=view.merge_commit,
        experiment_id=view.experiment.experiment_id if view.experiment else None,
        bundle_digest=view.bundle_digest,
        decided_at=intent.decided_at,
    )
