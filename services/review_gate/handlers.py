"""Events in: what the miner drafted, what the experiment found."""

from collections.abc import Awaitable, Callable

from libs.contracts.events import ExperimentFinished, ProposalDrafted
from libs.runtime import App, TransientError
from services.review_gate.domain.errors import GateError
from services.review_gate.domain.gate import Gate
from services.review_gate.domain.ports import Reviews

_WAITS = (GateError, TransientError)


class Handlers:
    """Record first. What then fails stays recorded, and `sweep` takes it up again."""

    def __init__(self, app: App, reviews: Reviews, gate: Gate) -> None:
        self._app = app
        self._reviews = reviews
        self._gate = gate

    async def keep_draft(self, event: ProposalDrafted) -> None:
        await self._reviews.record_draft(event)
        await self._advance(event.proposal_id)

    async def open_or_refuse(self, event: ExperimentFinished) -> None:
        await self._reviews.record_verdict(event)
        await self._advance(event.proposal_id)

    async def advance_waiting(self) -> None:
        """Take up what a crash or an unreachable forge left behind."""
        for proposal_id in await self._gate.waiting():
            await self._advance(proposal_id)

    async def _advance(self, proposal_id: str) -> None:
        try:
            await self._gate.advance(proposal_id)
        except _WAITS as error:
            self._app.logger.warning("proposal waits", proposal_id=proposal_id, why=str(error))


class Sweep:
    """Runs at start and on a timer; what cannot be done now is logged and done later."""

    def __init__(self, app: App, *steps: Callable[[], Awaitable[None]]) -> None:
        self._app = app
        self._steps = steps

    async def run(self) -> None:
        for step in self._steps:
            try:
                await step()
            except _WAITS as error:
                self._app.logger.warning(
                    "sweep waits", step=getattr(step, "__qualname__", repr(step)), why=str(error)
                )
