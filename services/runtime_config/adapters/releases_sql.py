"""Decisions that wait, releases that were made, and their bundles."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pawl_sdk.bundle import Bundle
from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.contracts.api import DecisionView
from libs.contracts.events import ConfigReleased, ProposalDecided
from libs.storage import Transaction
from libs.storage.upsert import insert_ignoring
from services.runtime_config.adapters import rows
from services.runtime_config.adapters.signing import Signer
from services.runtime_config.tables import BUNDLES, DECISIONS, RELEASES

Agents = Collection[str] | None
"""None: of every agent."""
PENDING, RELEASED, REFUSED = "pending", "released", "refused"


@dataclass(frozen=True)
class StoredBundle:
    """Canonical bytes and who vouches for them."""

    digest: str
    agent: str
    content: bytes
    key_id: str
    signature: str


async def keep_decision(tx: Transaction, decided: ProposalDecided) -> None:
    """Nothing happens when it is there already."""
    await tx.execute(
        insert_ignoring(
            tx.connection,
            DECISIONS,
            natural_id=decided.natural_id(),
            proposal_id=decided.proposal_id,
            agent=decided.agent,
            event=decided.model_dump_json(),
            state=PENDING,
            reason="",
            attempts=0,
            decided_at=decided.decided_at,
        )
    )


async def agents_waiting(connection: AsyncConnection) -> list[str]:
    query = select(DECISIONS.c.agent).where(DECISIONS.c.state == PENDING).distinct()
    return list((await connection.execute(query)).scalars())


async def next_decision(connection: AsyncConnection, agent: str) -> ProposalDecided | None:
    """The first approval of an agent that waits."""
    query = (
        select(DECISIONS.c.event)
        .where(DECISIONS.c.agent == agent, DECISIONS.c.state == PENDING)
        .order_by(DECISIONS.c.sequence)  # as they came: a clock may be set back in between
        .limit(1)
    )
    text = (await connection.execute(query)).scalar()
    return ProposalDecided.model_validate_json(text) if text else None


async def settle_decision(tx: Transaction, natural_id: str, state: str, reason: str) -> bool:
    """False when somebody settled it before."""
    result = await tx.execute(
        update(DECISIONS)
        .where(DECISIONS.c.natural_id == natural_id, DECISIONS.c.state == PENDING)
        .values(state=state, reason=reason[:10_000], attempts=DECISIONS.c.attempts + 1)
    )
    return result.rowcount == 1


async def note_attempt(tx: Transaction, natural_id: str, reason: str) -> None:
    """It still waits, and why."""
    await tx.execute(
        update(DECISIONS)
        .where(DECISIONS.c.natural_id == natural_id, DECISIONS.c.state == PENDING)
        .values(reason=reason[:10_000], attempts=DECISIONS.c.attempts + 1)
    )


async def read_decisions(
    connection: AsyncConnection, agents: Agents, before: int | None, limit: int
) -> list[tuple[int, DecisionView]]:
    """Newest first, each with its cursor."""
    query = _of_agents(select(DECISIONS), DECISIONS.c.agent, agents)
    if before is not None:
        query = query.where(DECISIONS.c.sequence < before)
    query = query.order_by(DECISIONS.c.sequence.desc()).limit(limit)
    return [(row.sequence, rows.decision(row)) for row in await connection.execute(query)]


async def write_bundle(tx: Transaction, bundle: Bundle, signer: Signer, now: datetime) -> None:
    """Immutable: the same digest again changes nothing."""
    await tx.execute(
        insert_ignoring(
            tx.connection,
            BUNDLES,
            digest=bundle.digest,
            agent=bundle.agent,
            content=bundle.canonical_bytes(),
            key_id=signer.key_id,
            signature=signer.sign(bundle.digest),
            created_at=now,
        )
    )


async def read_bundle(connection: AsyncConnection, digest: str) -> StoredBundle | None:
    row = (await connection.execute(select(BUNDLES).where(BUNDLES.c.digest == digest))).first()
    if row is None:
        return None
    return StoredBundle(row.digest, row.agent, row.content, row.key_id, row.signature)


async def was_settled(connection: AsyncConnection, agent: str, digest: str) -> bool:
    """Whether an approval of it came already, and was released or refused."""
    query = select(DECISIONS.c.sequence).where(
        DECISIONS.c.agent == agent,
        DECISIONS.c.state != PENDING,
        DECISIONS.c.event.contains(digest, autoescape=True),
    )
    return (await connection.execute(query.limit(1))).first() is not None


async def write_release(
    tx: Transaction, decided: ProposalDecided, digest: str, now: datetime
) -> ConfigReleased:
    """The next release of the agent."""
    newest = select(func.max(RELEASES.c.sequence)).where(RELEASES.c.agent == decided.agent)
    released = ConfigReleased(
        agent=decided.agent,
        sequence=((await tx.execute(newest)).scalar() or 0) + 1,
        digest=digest,
        commit=decided.merge_commit or "",
        proposal_id=decided.proposal_id,
        experiment_id=decided.experiment_id,
        approved_by=decided.decided_by,
        released_at=now,
    )
    row = released.model_dump() | {"decided_at": decided.decided_at}
    await tx.execute(insert(RELEASES), row)
    await tx.publish(released)
    return released


async def read_releases(
    connection: AsyncConnection,
    agents: Agents,
    before: tuple[str, int] | None,
    limit: int,
) -> list[ConfigReleased]:
    """Newest first within an agent; agents in order of name."""
    query = _of_agents(select(RELEASES), RELEASES.c.agent, agents)
    if before is not None:
        name, sequence = before
        later = (RELEASES.c.agent == name) & (RELEASES.c.sequence < sequence)
        query = query.where((RELEASES.c.agent > name) | later)
    query = query.order_by(RELEASES.c.agent, RELEASES.c.sequence.desc()).limit(limit)
    return [rows.release(row) for row in await connection.execute(query)]


def _of_agents(query: Select[Any], column: Any, agents: Agents) -> Select[Any]:
    return query if agents is None else query.where(column.in_(agents))
