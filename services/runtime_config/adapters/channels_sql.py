"""Channels and their history: every move is a compare-and-swap on the generation."""

from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.contracts.api import ChannelPointer
from libs.contracts.events import ConfigChannelMoved
from libs.storage import Transaction
from libs.storage.upsert import insert_ignoring
from services.runtime_config.adapters import rows
from services.runtime_config.domain.errors import StaleGenerationError
from services.runtime_config.tables import CHANNELS, MOVES

HISTORY_MAX = 1000


async def read_pointer(
    connection: AsyncConnection, agent: str, channel: str
) -> ChannelPointer | None:
    row = (await connection.execute(_channel(agent, channel))).first()
    return rows.pointer(row) if row else None


async def hold_pointer(tx: Transaction, agent: str, channel: str) -> ChannelPointer | None:
    """As `read_pointer`; until the transaction ends nobody else holds or moves the channel.

    Of all that a channel has (trial, runs, moves) hold this first: then nobody waits in a circle.
    """
    row = (await tx.execute(_channel(agent, channel).with_for_update())).first()
    return rows.pointer(row) if row else None


def _channel(agent: str, channel: str) -> Select[Any]:
    return select(CHANNELS).where(CHANNELS.c.agent == agent, CHANNELS.c.channel == channel)


async def read_channels(connection: AsyncConnection, agent: str) -> list[ChannelPointer]:
    query = select(CHANNELS).where(CHANNELS.c.agent == agent).order_by(CHANNELS.c.channel)
    return [rows.pointer(row) for row in await connection.execute(query)]


async def read_history(
    connection: AsyncConnection, agent: str, channel: str, before: int | None, limit: int
) -> list[ConfigChannelMoved]:
    """Moves, newest first, below generation `before`."""
    query = select(MOVES).where(MOVES.c.agent == agent, MOVES.c.channel == channel)
    if before is not None:
        query = query.where(MOVES.c.generation < before)
    query = query.order_by(MOVES.c.generation.desc()).limit(limit)
    return [rows.move(row) for row in await connection.execute(query)]


async def write_move(tx: Transaction, moved: ConfigChannelMoved) -> None:
    """Swap when the channel is still where the move starts, else `StaleGenerationError`."""
    canary = moved.canary.model_dump() if moved.canary else None
    state = {
        "generation": moved.generation,
        "digest": moved.digest,
        "canary": canary,
        "moved_at": moved.moved_at,
    }
    expected = moved.generation - 1
    if expected == 0:
        names = {"agent": moved.agent, "channel": moved.channel}
        statement = insert_ignoring(tx.connection, CHANNELS, **names, **state)
        swapped = await tx.execute(statement)
    else:
        swapped = await tx.execute(
            update(CHANNELS)
            .where(
                CHANNELS.c.agent == moved.agent,
                CHANNELS.c.channel == moved.channel,
                CHANNELS.c.generation == expected,
            )
            .values(**state)
        )
    if swapped.rowcount != 1:
        current = await read_pointer(tx.connection, moved.agent, moved.channel)
        raise StaleGenerationError(expected, current)
    await tx.execute(insert(MOVES), moved.model_dump() | {"canary": canary})
    await tx.publish(moved)
