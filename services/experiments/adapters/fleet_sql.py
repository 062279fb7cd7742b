"""What is served, by which instances, and what people decided."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.contracts.events import AgentStatusReported, ConfigReleased, ProposalDecided
from libs.storage import Database, Transaction, upsert
from libs.storage.upsert import insert_ignoring
from services.experiments.adapters.heads_sql import head_of
from services.experiments.tables import AGENTS, DECISIONS, EXPERIMENTS, INSTANCES


class FleetStore:
    """Read models of other services' events; the newest wins, whatever order they come in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def release(self, tx: Transaction, event: ConfigReleased) -> None:
        query = select(AGENTS).where(AGENTS.c.agent == event.agent)
        known = (await tx.execute(query.with_for_update())).first()
        if known is None or known.sequence < event.sequence:
            await tx.execute(
                upsert(
                    tx.connection,
                    AGENTS,
                    agent=event.agent,
                    digest=event.digest,
                    sequence=event.sequence,
                    era_from=await _era_from(tx.connection, event, known),
                )
            )
        await tx.execute(
            update(DECISIONS)
            .where(
                DECISIONS.c.agent == event.agent,
                or_(
                    DECISIONS.c.proposal_id == (event.proposal_id or ""),
                    DECISIONS.c.bundle_digest == event.digest,
                ),
            )
            .values(released=True)
        )

    async def released_digest(self, agent: str) -> str | None:
        """The newest release, or None when there is none yet."""
        async with self._database.read() as connection:
            query = select(AGENTS.c.digest).where(AGENTS.c.agent == agent)
            return (await connection.execute(query)).scalar()

    async def era_from(self, agent: str, digest: str) -> int | None:
        """After which review this config was released; None when the newest release is another.

        As long as no release was heard of, the config that is served is the agent's first.
        """
        query = select(AGENTS.c.digest, AGENTS.c.era_from).where(AGENTS.c.agent == agent)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            return 0
        return int(row.era_from) if row.digest == digest else None

    async def report(
        self, tx: Transaction, event: AgentStatusReported, replay_url: str | None
    ) -> None:
        query = select(INSTANCES.c.reported_at).where(
            INSTANCES.c.agent == event.agent, INSTANCES.c.instance_id == event.instance_id
        )
        known = (await tx.execute(query.with_for_update())).scalar()
        if known is not None and known >= event.reported_at:
            return
        await tx.execute(
            upsert(
                tx.connection,
                INSTANCES,
                agent=event.agent,
                instance_id=event.instance_id,
                state=event.state,
                replay_url=replay_url,
                reported_at=event.reported_at,
            )
        )

    async def replay_urls(self, agent: str) -> list[str]:
        """Where the agent can be run, the instance that reported last first."""
        query = (
            select(INSTANCES.c.replay_url)
            .where(
                INSTANCES.c.agent == agent,
                INSTANCES.c.replay_url.is_not(None),
                INSTANCES.c.state != "stopped",
            )
            .order_by(INSTANCES.c.reported_at.desc(), INSTANCES.c.instance_id)
        )
        async with self._database.read() as connection:
            rows = await connection.execute(query)
            return list(dict.fromkeys(row.replay_url for row in rows))

    async def decide(self, tx: Transaction, event: ProposalDecided, now: datetime) -> None:
        """A release may have come first: the two topics have no order between them."""
        query = select(AGENTS.c.digest).where(AGENTS.c.agent == event.agent)
        served = (await tx.execute(query)).scalar()
        await tx.execute(
            insert_ignoring(
                tx.connection,
                DECISIONS,
                proposal_id=event.proposal_id,
                agent=event.agent,
                decision=event.decision,
                bundle_digest=event.bundle_digest,
                released=served is not None and served == event.bundle_digest,
                handled_at=now,
            )
        )

    async def decision(self, proposal_id: str) -> str | None:
        query = select(DECISIONS.c.decision).where(DECISIONS.c.proposal_id == proposal_id)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar()

    async def undecided_acceptance(self, agent: str) -> str | None:
        """An accepted proposal of the agent that waits for a person, if there is one."""
        table = EXPERIMENTS.c
        query = (
            select(table.proposal_id)
            .outerjoin(DECISIONS, DECISIONS.c.proposal_id == table.proposal_id)
            .where(
                table.agent == agent, table.verdict == "accept", DECISIONS.c.proposal_id.is_(None)
            )
            .order_by(table.position)
            .limit(1)
        )
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar()

    async def release_underway(self, agent: str, since: datetime) -> str | None:
        """A proposal approved since then whose release has not been seen: the base moves soon."""
        table = DECISIONS.c
        query = select(table.proposal_id).where(
            and_(table.agent == agent, table.decision == "approved", table.released.is_(False)),
            table.handled_at > since,
        )
        async with self._database.read() as connection:
            return (await connection.execute(query.limit(1))).scalar()


async def _era_from(
    connection: AsyncConnection, event: ConfigReleased, known: Row[Any] | None
) -> int:
    """The first config was written before anybody judged its answers."""
    if known is None:
        return 0
    if known.digest == event.digest:  # the same config once more: its era goes on
        return int(known.era_from)
    return await head_of(connection, event.agent)
