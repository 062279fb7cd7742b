"""Events in: what the miner drafted, what the experiment found."""

from collections.abc import Awaitable, Callable

from libs.contracts.events import ExperimentFinished, ProposalDrafted
from libs.runtime import App, TransientError
from services.review_gate.domain.backoff import Backoff
from services.review_gate.domain.errors import ForgeUnavailableError, GateError
from services.review_gate.domain.gate import Gate
from services.review_gate.domain.ports import Reviews

_WAITS = (GateError, TransientError)


class Handlers:
    """Record first. What then fails stays recorded, and `sweep` takes it up again, ever later."""

    def __init__(self, app: App, reviews: Reviews, gate: Gate, backoff: Backoff) -> None:
        self._app = app
        self._reviews = reviews
        self._gate = gate
        self._backoff = backoff

    async def keep_draft(self, event: ProposalDrafted) -> None:
        await self._reviews.record_draft(event)
        await self._advance(event.proposal_id)

    async def open_or_refuse(self, event: ExperimentFinished) -> None:
        await self._reviews.record_verdict(event)
        await self._advance(event.proposal_id)

    async def advance_waiting(self) -> None:
        """Take up what a crash or an unreachable forge left behind."""
        for proposal_id in await self._gate.waiting():
            if self._backoff.is_due(proposal_id):
                await self._advance(proposal_id)

    async def _advance(self, proposal_id: str) -> None:
        try:
            await self._gate.advance(proposal_id)
        except _WAITS as error:
            asked = error.retry_after_seconds if isinstance(error, ForgeUnavailableError) else 0.0
            self._backoff.failed(proposal_id, asked)
            self._app.logger.warning("proposal waits", proposal_id=proposal_id, why=str(error))
        else:
            self._backoff.succeeded(proposal_id)


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
