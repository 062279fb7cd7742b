"""Runs and proposals in SQL."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update

from libs.contracts.api import MiningRunView
from libs.contracts.events import ExperimentFinished, ProposalDecided, ProposalDrafted
from libs.storage import Database, Transaction, upsert
from libs.storage.upsert import insert_ignoring
from services.miner.tables import HEARD, PROPOSALS, RUNS

Edits = tuple[dict[str, Any], ...]


class RunStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, run: MiningRunView) -> None:
        """Start a run; one that exists stays as it is."""
        async with self._database.transaction() as tx:
            opened = await tx.execute(insert_ignoring(tx.connection, RUNS, **_values(run)))
            if opened.rowcount:
                await tx.remember(run.mining_run_id)
                await tx.forget_causes([run.agent])

    async def cause(self, subject: str) -> str:
        """The trace in which an agent was heard of, or a run was started."""
        return await self._database.cause(subject)

    async def get(self, run_id: str) -> MiningRunView | None:
        found = await self._views(select(RUNS).where(RUNS.c.mining_run_id == run_id))
        return found[0] if found else None

    async def newest(self, agents: Collection[str] | None, limit: int) -> list[MiningRunView]:
        """Newest first; None: of every agent."""
        query = select(RUNS).order_by(RUNS.c.started_at.desc(), RUNS.c.mining_run_id).limit(limit)
        return await self._views(query if agents is None else query.where(RUNS.c.agent.in_(agents)))

    async def running(self) -> list[MiningRunView]:
        """Oldest first."""
        query = select(RUNS).where(RUNS.c.state == "running")
        return await self._views(query.order_by(RUNS.c.started_at, RUNS.c.mining_run_id))

    async def _views(self, query: Select[Any]) -> list[MiningRunView]:
        async with self._database.read() as connection:
            rows = list(await connection.execute(query))
        return [MiningRunView.model_validate(dict(row._mapping)) for row in rows]

    async def drafted(
        self, run: MiningRunView, proposals: list[ProposalDrafted], now: datetime
    ) -> None:
        """The run's proposals and their events, together; a run without any is settled."""
        settled: dict[str, Any] = {} if proposals else {"state": "settled", "finished_at": now}
        after = run.model_copy(update={"state": "drafted"} | settled)
        async with self._database.transaction() as tx:
            await tx.execute(upsert(tx.connection, RUNS, **_values(after)))
            for one in proposals:
                row = {"mining_run_id": run.mining_run_id, "proposal_id": one.proposal_id}
                values = {"agent": run.agent, "edits": list(one.edits), "reason": ""}
                await tx.execute(insert_ignoring(tx.connection, PROPOSALS, **row, **values))
                await tx.publish(one)

    async def fail(self, run: MiningRunView, why: str, now: datetime) -> None:
        after = run.model_copy(update={"state": "failed", "note": why, "finished_at": now})
        async with self._database.transaction() as tx:
            await tx.execute(upsert(tx.connection, RUNS, **_values(after)))

    async def hear_verdict(self, tx: Transaction, event: ExperimentFinished) -> None:
        """Figures are for people: to learn from, there are the reviews themselves."""
        await tx.execute(
            update(PROPOSALS)
            .where(PROPOSALS.c.proposal_id == event.proposal_id)
            .where(PROPOSALS.c.mining_run_id == event.mining_run_id)
            .values(verdict=event.verdict)
        )

    async def hear_decision(self, tx: Transaction, event: ProposalDecided) -> None:
        await tx.execute(
            update(PROPOSALS)
            .where(PROPOSALS.c.proposal_id == event.proposal_id)
            .values(decision=event.decision, reason=event.reason)
        )

    async def settle(self, tx: Transaction, proposal_id: str, now: datetime) -> None:
        """Runs of the proposal of which nothing is open any more."""
        query = select(PROPOSALS.c.mining_run_id).where(PROPOSALS.c.proposal_id == proposal_id)
        for run_id in list((await tx.execute(query)).scalars()):
            rows = await tx.execute(select(PROPOSALS).where(PROPOSALS.c.mining_run_id == run_id))
            if all(_done(row.verdict, row.decision) for row in rows):
                await tx.execute(
                    update(RUNS)
                    .where(RUNS.c.mining_run_id == run_id)
                    .where(RUNS.c.state == "drafted")
                    .values(state="settled", finished_at=now.isoformat())
                )

    async def refused_edits(self, agent: str) -> list[Edits]:
        """Edits of proposals that a test or a person refused."""
        query = select(PROPOSALS).where(PROPOSALS.c.agent == agent)
        query = query.order_by(PROPOSALS.c.mining_run_id, PROPOSALS.c.proposal_id)
        async with self._database.read() as connection:
            rows = list(await connection.execute(query))
        return [
            tuple(row.edits)
            for row in rows
            if row.verdict == "reject" or row.decision == "rejected"
        ]

    async def heard(self, tx: Transaction, agent: str, now: datetime) -> None:
        values = {"agent": agent, "heard_at": now.isoformat()}
        await tx.execute(upsert(tx.connection, HEARD, **values))

    async def quiet_since(self, before: datetime) -> list[str]:
        """Agents whose clusters changed since they were mined, and not after `before`."""
        query = select(HEARD.c.agent).where(HEARD.c.heard_at < before.isoformat())
        query = query.where((HEARD.c.mined_at.is_(None)) | (HEARD.c.mined_at < HEARD.c.heard_at))
        async with self._database.read() as connection:
            return sorted((await connection.execute(query)).scalars())

    async def mined(self, agent: str, now: datetime) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(
                update(HEARD).where(HEARD.c.agent == agent).values(mined_at=now.isoformat())
            )


def _done(verdict: str | None, decision: str | None) -> bool:
    return decision is not None or verdict in ("reject", "inconclusive")


def _values(run: MiningRunView) -> dict[str, Any]:
    values = run.model_dump(mode="json")
    return values | {"proposal_ids": list(run.proposal_ids)}
