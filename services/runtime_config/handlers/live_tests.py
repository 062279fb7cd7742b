"""What live traffic showed of a config that was promoted on procedure evidence."""

from libs.contracts.api import ChannelPointer
from libs.contracts.events import ConfigChannelMoved, LiveTestFinished
from libs.runtime import App
from libs.storage import Database
from services.runtime_config.adapters.channels import Channels
from services.runtime_config.adapters.channels_sql import hold_pointer
from services.runtime_config.domain.moves import Move
from services.runtime_config.handlers.decisions import CHANNEL

WATCHER = "pawl-live-test"


class LiveTests:
    """Worse goes back at once. What was confirmed takes the channel, as a person approved it."""

    def __init__(
        self, app: App, database: Database, channels: Channels, promote_confirmed: bool
    ) -> None:
        self._app = app
        self._database = database
        self._channels = channels
        self._promote_confirmed = promote_confirmed

    async def on_finished(self, event: LiveTestFinished) -> None:
        """Once; a channel that was moved since stays where people put it."""
        moved: ConfigChannelMoved | None = None
        async with self._database.transaction() as tx:
            if not await tx.first_time(event):
                return
            held = await hold_pointer(tx, event.agent, CHANNEL)
            move = self._move(event, held) if held is not None else None
            if held is not None and move is not None:
                moved = await self._channels.move(tx, event.agent, CHANNEL, held, move)
        if moved is not None:
            self._app.logger.warning("live test", outcome=event.outcome, why=moved.reason)
            await self._channels.tell(moved)

    def _move(self, event: LiveTestFinished, held: ChannelPointer) -> Move | None:
        tried = held.canary is not None and held.canary.digest == event.candidate_digest
        reason = why(event)
        if event.outcome == "confirmed":
            promotes = tried and self._promote_confirmed
            return Move(event.candidate_digest, WATCHER, reason) if promotes else None
        if tried:
            return Move(held.digest, WATCHER, reason)
        if held.digest == event.candidate_digest and held.canary is None:
            return Move(event.baseline_digest, WATCHER, reason)
        return None


def why(event: LiveTestFinished) -> str:
    """In words, with the figures."""
    figures = event.evidence
    said = "better than" if event.outcome == "confirmed" else "worse than"
    return (
        f"live test of {event.proposal_id}: {event.candidate_digest} is {said} "
        f"{event.baseline_digest} on {figures.n} reviews recorded after its release: "
        f"{figures.wins} won, {figures.losses} lost"
    )
