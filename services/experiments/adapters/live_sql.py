"""Configs that were promoted on procedure evidence, and how far their live tests have come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, select, update

from libs.contracts.events import ConfigReleased, ExperimentFinished, ProposalDrafted
from libs.storage import Database, Transaction
from libs.storage.upsert import insert_ignoring
from services.experiments.adapters.heads_sql import head_of
from services.experiments.tables import EXPERIMENTS, LIVE

LiveState = Literal["watching", "confirmed", "worse", "ended"]


@dataclass(frozen=True)
class Live:
    """`proposal` carries the edits that were released, and what they were based on."""

    experiment_id: str
    proposal: ProposalDrafted
    candidate_digest: str
    from_position: int
    test_number: int | None
    """None until its test is opened."""


class LiveStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def watch(self, tx: Transaction, event: ConfigReleased, now: datetime) -> None:
        """From the release on, where it was accepted on procedure evidence; once."""
        table = EXPERIMENTS.c
        query = select(table.experiment_id, table.proposal, table.result).where(
            table.proposal_id == (event.proposal_id or ""), table.verdict == "accept"
        )
        row = (await tx.execute(query.order_by(table.position.desc()))).first()
        result = ExperimentFinished.model_validate_json(row.result) if row else None
        if row is None or result is None or result.evidence is None:
            return
        if result.evidence.kind != "procedure":
            return
        proposal = ProposalDrafted.model_validate_json(row.proposal)
        released = proposal.model_copy(update={"edits": result.edits})
        await tx.execute(
            insert_ignoring(
                tx.connection,
                LIVE,
                experiment_id=row.experiment_id,
                agent=event.agent,
                proposal=released.model_dump_json(),
                candidate_digest=event.digest,
                from_position=await head_of(tx.connection, event.agent),
                test_number=None,
                state="watching",
                note="",
                opened_at=now,
            )
        )

    async def watching(self, agent: str | None = None) -> list[Live]:
        """Those whose test is not over, the oldest first."""
        query = select(LIVE).where(LIVE.c.state == "watching")
        if agent is not None:
            query = query.where(LIVE.c.agent == agent)
        async with self._database.read() as connection:
            return [
                _live(row) for row in await connection.execute(query.order_by(LIVE.c.opened_at))
            ]

    async def opened(self, tx: Transaction, experiment_id: str, test_number: int) -> None:
        await tx.execute(
            update(LIVE)
            .where(LIVE.c.experiment_id == experiment_id)
            .values(test_number=test_number)
        )

    async def close(
        self, tx: Transaction, experiment_id: str, state: LiveState, note: str, now: datetime
    ) -> bool:
        """Once; False when it was over."""
        closed = await tx.execute(
            update(LIVE)
            .where(LIVE.c.experiment_id == experiment_id, LIVE.c.state == "watching")
            .values(state=state, note=note, closed_at=now)
        )
        return bool(closed.rowcount)


def _live(row: Row[Any]) -> Live:
    return Live(
        experiment_id=row.experiment_id,
        proposal=ProposalDrafted.model_validate_json(row.proposal),
        candidate_digest=row.candidate_digest,
        from_position=row.from_position,
        test_number=row.test_number,
    )
