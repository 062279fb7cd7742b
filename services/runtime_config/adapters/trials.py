"""Watches canaries: online evaluations in, a rollback when one is shown to be worse."""

import time
from collections.abc import Callable

from libs.contracts.api import CanaryView, ChannelPointer
from libs.contracts.events import ConfigChannelMoved, EvaluationRecorded
from libs.runtime import App
from libs.storage import Database, Transaction
from services.runtime_config.adapters import trials_sql as sql
from services.runtime_config.adapters.channels import Channels
from services.runtime_config.adapters.channels_sql import hold_pointer
from services.runtime_config.domain.canary import CanaryTrial, TrialRules, arm_of
from services.runtime_config.domain.errors import NotFoundError
from services.runtime_config.domain.moves import Move
from services.runtime_config.metrics import RegistryMetrics

WATCHER = "pawl-canary"
KNOWN_SECONDS = 1.0
"""How long the list of an agent's canaries is remembered: most evaluations belong to none."""


class Trials:
    """Never promotes: not being worse is no proof of being better, and silence is neither."""

    def __init__(
        self,
        app: App,
        database: Database,
        channels: Channels,
        rules: TrialRules,
        metrics: RegistryMetrics,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._database = database
        self._channels = channels
        self._rules = rules
        self._metrics = metrics
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, list[ChannelPointer]]] = {}

    async def observe(self, event: EvaluationRecorded) -> None:
        """Count the evaluation where it belongs to a canary's arm; roll back when it settles it."""
        if event.agent is None or event.config_digest is None:
            return
        for pointer in await self._canaries(event.agent):
            if arm_of(event, pointer) is None:
                continue
            async with self._database.transaction() as tx:
                moved = await self._take(tx, pointer, event)
            if moved is not None:
                self._metrics.canary_rollbacks.inc()
                self._app.logger.warning("canary rolled back", why=moved.reason)
                await self._channels.tell(moved)

    async def _canaries(self, agent: str) -> list[ChannelPointer]:
        now = self._monotonic()
        read_at, known = self._known.get(agent, (float("-inf"), []))
        if now - read_at >= KNOWN_SECONDS:
            async with self._database.read() as connection:
                known = await sql.canaries_of(connection, agent)
            self._known[agent] = (now, known)
        return known

    async def _take(
        self, tx: Transaction, seen: ChannelPointer, event: EvaluationRecorded
    ) -> ConfigChannelMoved | None:
        # Replicas that read one state side by side would each write theirs over the other's.
        held = await hold_pointer(tx, seen.agent, seen.channel)
        if held is None or held.generation != seen.generation or held.canary is None:
            return None  # the channel moved on: this trial is over
        arm = arm_of(event, held)
        if arm is None or not await sql.first_of_run(tx, held, event.evaluator, event.trace_id):
            return None
        trial = await self._trial(tx, held)
        trial.observe(event.evaluator, arm, passed=bool(event.passed))
        await sql.write_trial(tx, held, trial.state())
        if not trial.is_worse:
            return None
        reason = (
            f"the canary {held.canary.digest} is {trial.note()}: log e {trial.log_e:.2f} over "
            f"{trial.runs['canary']} canary and {trial.runs['control']} control evaluations"
        )
        move = Move(held.digest, WATCHER, reason)
        return await self._channels.move(tx, held.agent, held.channel, held, move)

    async def _trial(self, tx: Transaction, held: ChannelPointer) -> CanaryTrial:
        state = await sql.read_trial(tx.connection, held)
        if state is None:
            await sql.forget_older(tx, held)
        return self._restored(held, state)

    def _restored(self, held: ChannelPointer, state: dict[str, object] | None) -> CanaryTrial:
        if state is not None:
            return CanaryTrial.restore(self._rules, state)
        if held.canary is None:
            raise NotFoundError(f"channel {held.channel!r} tries nothing: it has no canary")
        return CanaryTrial.fresh(self._rules, held.canary)

    async def view(self, agent: str, channel: str) -> CanaryView:
        """The evidence so far."""
        held = await self._channels.current(agent, channel)
        async with self._database.read() as connection:
            state = await sql.read_trial(connection, held) if held.canary else None
        trial = self._restored(held, state)
        if held.canary is None:
            raise NotFoundError(f"channel {channel!r} tries nothing: it has no canary")
        return CanaryView(
            canary=held.canary,
            runs_canary=trial.runs["canary"],
            runs_control=trial.runs["control"],
            log_e=trial.log_e,
            log_e_max=trial.log_e_max,
            worst_evaluator=trial.worst_evaluator,
            note=trial.note(),
        )
