"""The state of canary trials."""

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.contracts.api import ChannelPointer
from libs.storage import Transaction, upsert
from libs.storage.upsert import insert_ignoring
from services.runtime_config.adapters import rows
from services.runtime_config.tables import CHANNELS, TRIAL_RUNS, TRIALS


async def canaries_of(connection: AsyncConnection, agent: str) -> list[ChannelPointer]:
    """Channels of an agent that try something."""
    query = select(CHANNELS).where(CHANNELS.c.agent == agent, CHANNELS.c.canary.is_not(None))
    return [rows.pointer(row) for row in await connection.execute(query)]


async def first_of_run(
    tx: Transaction, pointer: ChannelPointer, evaluator: str, trace_id: str
) -> bool:
    """False when this run was counted for this evaluator before."""
    result = await tx.execute(
        insert_ignoring(
            tx.connection,
            TRIAL_RUNS,
            agent=pointer.agent,
            channel=pointer.channel,
            generation=pointer.generation,
            evaluator=evaluator,
            trace_id=trace_id,
        )
    )
    return result.rowcount == 1


async def read_trial(connection: AsyncConnection, pointer: ChannelPointer) -> dict[str, Any] | None:
    """The state of the trial of this generation."""
    query = select(TRIALS.c.state).where(
        TRIALS.c.agent == pointer.agent,
        TRIALS.c.channel == pointer.channel,
        TRIALS.c.generation == pointer.generation,
    )
    return (await connection.execute(query)).scalar()


async def write_trial(tx: Transaction, pointer: ChannelPointer, state: dict[str, Any]) -> None:
    await tx.execute(
        upsert(
            tx.connection,
            TRIALS,
            agent=pointer.agent,
            channel=pointer.channel,
            generation=pointer.generation,
            state=state,
        )
    )


async def forget_older(tx: Transaction, pointer: ChannelPointer) -> None:
    """Runs counted for earlier generations of the channel are of no more use."""
    await tx.execute(
        delete(TRIAL_RUNS).where(
            TRIAL_RUNS.c.agent == pointer.agent,
            TRIAL_RUNS.c.channel == pointer.channel,
            TRIAL_RUNS.c.generation < pointer.generation,
        )
    )
