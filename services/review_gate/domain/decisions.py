"""A person decides; also time does, and what people did on the forge itself."""

from libs.contracts.api import DecisionPosted, ProposalView
from libs.contracts.events import Decision
from services.review_gate.domain.errors import ConflictError, NotFoundError
from services.review_gate.domain.one_by_one import one_by_one
from services.review_gate.domain.ports import Intent, Pull
from services.review_gate.domain.settlement import Settlement


class Decisions:
    """Where decisions come from. `Settlement` carries them out."""

    def __init__(self, settlement: Settlement) -> None:
        self._settlement = settlement
        self._reviews = settlement.reviews
        self._policy = settlement.policy

    async def decide(self, id_: str, posted: DecisionPosted) -> ProposalView:
        """Carry out a person's decision; the same one again returns the same answer."""
        view = await self._existing(id_)
        async with self._settlement.turn(view.proposal.agent):
            view = await self._existing(id_)
            intent = self._posted(posted)
            if view.state != "open":
                return _same_or_conflict(view, intent)
            self._policy.check(posted.reviewer, view.risk)
            if not await self._settlement.is_claimed(id_):
                self._check_not_expired(view)
                _check_tested(view, intent, await self._settlement.forge.pull(view.branch or ""))
            return _same_or_conflict(await self._settlement.settle(view, intent), intent)

    async def expire(self) -> None:
        """Close what nobody decided while its evidence counted."""
        await one_by_one(await self._reviews.in_state("open"), self._expire)

    async def watch(self) -> None:
        """Follow what people merged or closed on the forge itself."""
        await one_by_one(await self._reviews.in_state("open"), self._follow)

    async def _expire(self, view: ProposalView) -> None:
        expires_at = view.evidence_expires_at
        if expires_at and expires_at <= self._settlement.now():
            async with self._settlement.turn(view.proposal.agent):
                reason = f"its evidence expired on {expires_at.date().isoformat()}"
                await self._settlement.supersede(view, reason)

    async def _follow(self, seen: ProposalView) -> None:
        async with self._settlement.turn(seen.proposal.agent):
            view = await self._existing(seen.proposal.proposal_id)
            intent = await self._settlement.decided_on_forge(view)
            if intent:
                await self._settlement.settle(view, intent)

    async def _existing(self, id_: str) -> ProposalView:
        view = await self._reviews.get(id_)
        if view is None:
            raise NotFoundError(f"there is no proposal {id_!r}: GET /api/v1/proposals lists them")
        return view

    def _posted(self, posted: DecisionPosted) -> Intent:
        decision: Decision = "approved" if posted.decision == "approve" else "rejected"
        return self._settlement.intent(decision, posted.reviewer, posted.reason, posted.head_commit)

    def _check_not_expired(self, view: ProposalView) -> None:
        expires_at = view.evidence_expires_at
        if expires_at and expires_at <= self._settlement.now():
            raise ConflictError(
                f"the evidence expired on {expires_at.date().isoformat()}: mine and test again"
            )


def _check_tested(view: ProposalView, intent: Intent, pull: Pull) -> None:
    """The person has read what stands on the branch, and that is what was tested."""
    if pull.state != "open":
        raise ConflictError(f"the pull request is already {pull.state} on the forge")
    if pull.head_commit != intent.head_commit:
        raise ConflictError(
            f"you read {intent.head_commit[:12]}, the branch is at {pull.head_commit[:12]}: "
            "read it again"
        )
    if intent.decision == "approved" and intent.head_commit != view.head_commit:
        raise ConflictError(
            f"the branch was changed after the test of {(view.head_commit or '')[:12]}: no "
            f"evidence covers {pull.head_commit[:12]}"
        )


def _same_or_conflict(view: ProposalView, intent: Intent) -> ProposalView:
    if view.state == intent.decision and view.decided_by == intent.decided_by:
        return view
    by = f" by {view.decided_by}" if view.decided_by else ""
    reason = f": {view.decided_reason}" if view.decided_reason else ""
    raise ConflictError(f"the proposal is {view.state}{by}{reason}; it takes no decision")
