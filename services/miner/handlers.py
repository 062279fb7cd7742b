"""Verdicts and decisions in; runs in turn; proposals out."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from libs.contracts.api import MiningRunView
from libs.contracts.events import (
    ClusterUpdated,
    ExampleRecorded,
    ExperimentFinished,
    ProposalDecided,
    ProposalDrafted,
)
from libs.runtime import App, TransientError
from libs.runtime.outage import is_outage
from libs.runtime.tracing import continuing
from libs.storage import Database
from services.miner.adapters.platform import Platform
from services.miner.adapters.runs_sql import RunStore
from services.miner.domain.brief import Brief
from services.miner.settings import MinerSettings


class Drafter(Protocol):
    """Makes proposals of a brief, best first; `author` says truthfully who does."""

    author: str

    async def draft(self, brief: Brief) -> list[ProposalDrafted]: ...


class Handlers:
    """What the miner hears."""

    def __init__(self, app: App, database: Database, runs: RunStore) -> None:
        self._app = app
        self._database = database
        self._runs = runs

    def subscribe(self) -> None:
        self._app.subscribe(ClusterUpdated, self.hear_cluster)
        self._app.subscribe(ExampleRecorded, self.hear_example)
        self._app.subscribe(ExperimentFinished, self.hear_verdict)
        self._app.subscribe(ProposalDecided, self.hear_decision)

    async def hear_cluster(self, event: ClusterUpdated) -> None:
        async with self._database.transaction() as tx:
            if event.status == "open":
                await self._runs.heard(tx, event.agent, self._app.clock.now())
                await tx.remember(event.agent)

    async def hear_example(self, event: ExampleRecorded) -> None:
        """No inbox: a time is noted, and a newer one tells no less."""
        async with self._database.transaction() as tx:
            await self._runs.heard(tx, event.agent, self._app.clock.now())

    async def hear_verdict(self, event: ExperimentFinished) -> None:
        async with self._database.transaction() as tx:
            if await tx.first_time(event):
                await self._runs.hear_verdict(tx, event)
                await self._runs.settle(tx, event.proposal_id, self._app.clock.now())

    async def hear_decision(self, event: ProposalDecided) -> None:
        async with self._database.transaction() as tx:
            if await tx.first_time(event):
                await self._runs.hear_decision(tx, event)
                await self._runs.settle(tx, event.proposal_id, self._app.clock.now())


@dataclass
class Worker:
    """Takes runs one after the other; a run that was cut off starts again from its row."""

    app: App
    runs: RunStore
    platform: Platform
    drafter: Drafter
    settings: MinerSettings
    new_id: Callable[[], str]

    def __post_init__(self) -> None:
        self._turn = asyncio.Lock()
        self._attempts: dict[str, int] = {}
        self._away_since: dict[str, float] = {}

    async def start(self, agent: str, run_id: str | None) -> MiningRunView:
        """Put a run in the queue; the same id again is the same run."""
        run = MiningRunView(
            mining_run_id=run_id or self.new_id(),
            agent=agent,
            state="running",
            author="claude" if self.drafter.author == "claude" else "statistical",
            base_digest=None,
            proposal_ids=(),
            started_at=self.app.clock.now(),
        )
        with continuing(await self.runs.cause(agent), "miner start"):
            await self.runs.open(run)
        return await self.runs.get(run.mining_run_id) or run

    async def work(self) -> None:
        """Everything that waits, oldest first."""
        async with self._turn:
            if self.settings.auto:
                await self._start_quiet()
            for run in await self.runs.running():
                await self._take(run)

    async def _start_quiet(self) -> None:
        now = self.app.clock.now()
        for agent in await self.runs.quiet_since(
            now - timedelta(seconds=self.settings.quiet_seconds)
        ):
            await self.start(agent, None)
            await self.runs.mined(agent, now)

    async def _take(self, run: MiningRunView) -> None:
        try:
            with continuing(await self.runs.cause(run.mining_run_id), "miner draft"):
                await self._mine(run)
        except TransientError as error:
            self.app.logger.warning("mining waits", run=run.mining_run_id, why=str(error))
            if not self._may_wait(run.mining_run_id, error):
                await self.runs.fail(run, str(error), self.app.clock.now())
        except Exception as error:
            self.app.logger.error("mining failed", run=run.mining_run_id, exc_info=error)
            await self.runs.fail(run, repr(error), self.app.clock.now())

    def _may_wait(self, run_id: str, error: TransientError) -> bool:
        """For a service that is away as long as messages wait; for anything else a few times."""
        if is_outage(error):
            now = self.app.clock.monotonic()
            waited_seconds = now - self._away_since.setdefault(run_id, now)
            return waited_seconds < self.app.deps.settings.outage_seconds_max
        self._attempts[run_id] = self._attempts.get(run_id, 0) + 1
        return self._attempts[run_id] < self.settings.attempts_max

    async def _mine(self, run: MiningRunView) -> None:
        files = await self.platform.files(run.agent)
        if files is None:
            why = f"{run.agent} has no config on main: import it first"
            await self.runs.fail(run, why, self.app.clock.now())
            return
        brief = Brief(
            agent=run.agent,
            mining_run_id=run.mining_run_id,
            config=files,
            clusters=tuple(await self.platform.clusters(run.agent)),
            examples=tuple(await self.platform.examples(run.agent)),
            refused=tuple(await self.runs.refused_edits(run.agent)),
            now=self.app.clock.now(),
        )
        proposals = await self.drafter.draft(brief)
        proposals = proposals[: self.settings.proposals_max]
        ids = tuple(one.proposal_id for one in proposals)
        note = "" if ids else _nothing(brief)
        known = run.model_copy(
            update={"proposal_ids": ids, "base_digest": files.digest, "note": note}
        )
        await self.runs.drafted(known, proposals, self.app.clock.now())


def _nothing(brief: Brief) -> str:
    """Why a run ends without a proposal."""
    if not brief.examples:
        return f"no review of {brief.agent} to learn from yet"
    known = " that was not refused before" if brief.refused else ""
    return f"{len(brief.lessons)} reviewed cases teach nothing new{known}"
