"""From an approval to a release: record it, look at everything again, release, move the channel.

An approval is written down first. While the review gate cannot be asked it waits, and the sweep
takes it up; when the second look fails it is refused for good, with the reason.
"""

from dataclasses import dataclass

from pawl_sdk.bundle import Bundle

from libs.contracts.api import ChannelPointer
from libs.contracts.events import ConfigChannelMoved, ProposalDecided
from libs.runtime import App, TransientError
from libs.runtime.tracing import continuing
from libs.storage import Database, Transaction
from services.runtime_config.adapters import releases_sql as sql
from services.runtime_config.adapters.channels import Channels, new_canary
from services.runtime_config.adapters.channels_sql import hold_pointer
from services.runtime_config.adapters.review_gate import ReviewGate
from services.runtime_config.adapters.signing import CurrentSigner
from services.runtime_config.domain.moves import Move, why_it_stays
from services.runtime_config.domain.recheck import (
    Policy,
    RefusedError,
    check_proposal,
    check_reviewer,
    compiled,
    is_by_hand,
)
from services.runtime_config.metrics import RegistryMetrics

CHANNEL = "production"


@dataclass(frozen=True)
class CanaryWeights:
    """Shares of the runs that a release gets first; 0: it moves the channel at once."""

    release: float
    procedure: float
    """For what was promoted on procedure evidence."""


@dataclass(frozen=True)
class Approved:
    """What was approved and looked at again.

    `baseline` is the digest that its experiment compared it with; None when it had none.
    """

    bundle: Bundle
    baseline: str | None
    weight: float


class Decisions:
    """Handles decisions of one agent in the order in which the review gate published them."""

    def __init__(
        self,
        app: App,
        database: Database,
        gate: ReviewGate,
        channels: Channels,
        signer: CurrentSigner,
        policy: Policy,
        weights: CanaryWeights,
        metrics: RegistryMetrics,
    ) -> None:
        self._app = app
        self._database = database
        self._gate = gate
        self._channels = channels
        self._signer = signer
        self._policy = policy
        self._weights = weights
        self._metrics = metrics

    async def on_decided(self, decided: ProposalDecided) -> None:
        """Write an approval down, then try it."""
        if decided.decision != "approved":
            return
        async with self._database.transaction() as tx:
            await sql.keep_decision(tx, decided)
            await tx.remember(decided.natural_id())
        await self.advance(decided.agent)

    async def sweep(self) -> None:
        """Take up what waits."""
        async with self._database.read() as connection:
            waiting = await sql.agents_waiting(connection)
        for agent in waiting:
            await self.advance(agent)

    async def advance(self, agent: str) -> None:
        """Settle the agent's approvals as they came, until one has to wait."""
        while True:
            async with self._database.read() as connection:
                decided = await sql.next_decision(connection, agent)
            if decided is None:
                return
            cause = await self._database.cause(decided.natural_id())
            try:
                with continuing(cause, "runtime_config release"):
                    await self._release(decided, await self._recheck(decided))
            except RefusedError as error:
                await self._refuse(decided, str(error))
            except TransientError as error:
                await self._wait(decided, str(error))
                return

    async def _recheck(self, decided: ProposalDecided) -> Approved:
        check_reviewer(decided, self._policy)
        baseline, weight = None, self._weights.release
        if not is_by_hand(decided):
            tested = check_proposal(decided, await self._gate.proposal(decided))
            baseline = tested.baseline_digest
            if tested.evidence is not None and tested.evidence.kind == "procedure":
                weight = max(weight, self._weights.procedure)
        bundle = compiled(decided, await self._gate.merged_files(decided))
        return Approved(bundle, baseline, weight)

    async def _release(self, decided: ProposalDecided, approved: Approved) -> None:
        """Release, channel move and both events in one transaction."""
        now, event, agent = self._app.clock.now(), None, decided.agent
        bundle, baseline = approved.bundle, approved.baseline
        async with self._database.transaction() as tx:
            held = await hold_pointer(tx, agent, CHANNEL)  # nobody rolls back in between
            known = baseline and await sql.was_settled(tx.connection, agent, baseline)
            stays = why_it_stays(held, baseline if known else None)
            told = f"{CHANNEL} did not move: {stays}" if stays else ""
            if not await sql.settle_decision(tx, decided.natural_id(), sql.RELEASED, told):
                return
            await sql.write_bundle(tx, bundle, self._signer.get(), now)
            released = await sql.write_release(tx, decided, bundle.digest, now)
            if not stays:
                event = await self._point_at(tx, decided, held, approved, released.sequence)
        self._metrics.decisions.labels(sql.RELEASED).inc()
        self._app.logger.info("released", agent=agent, digest=bundle.digest)
        if told:
            self._app.logger.warning("channel stays", proposal=decided.proposal_id, why=told)
        if event is not None:
            await self._channels.tell(event)

    async def _point_at(
        self,
        tx: Transaction,
        decided: ProposalDecided,
        held: ChannelPointer | None,
        approved: Approved,
        sequence: int,
    ) -> ConfigChannelMoved | None:
        digest = approved.bundle.digest
        if held is not None and held.digest == digest and held.canary is None:
            return None
        reason = f"release {sequence} of {decided.proposal_id}"
        if decided.reason:
            reason += f": {decided.reason}"
        move = Move(digest, decided.decided_by, reason)
        if held is not None and approved.weight > 0 and held.digest != digest:
            canary = new_canary(digest, approved.weight)
            move = Move(held.digest, decided.decided_by, reason, canary)
        return await self._channels.move(tx, decided.agent, CHANNEL, held, move)

    async def _refuse(self, decided: ProposalDecided, reason: str) -> None:
        async with self._database.transaction() as tx:
            await sql.settle_decision(tx, decided.natural_id(), sql.REFUSED, reason)
        self._metrics.decisions.labels(sql.REFUSED).inc()
        self._app.logger.error("approval refused", proposal=decided.proposal_id, why=reason)

    async def _wait(self, decided: ProposalDecided, reason: str) -> None:
        async with self._database.transaction() as tx:
            await sql.note_attempt(tx, decided.natural_id(), reason)
        self._app.logger.warning("approval waits", proposal=decided.proposal_id, why=reason)
