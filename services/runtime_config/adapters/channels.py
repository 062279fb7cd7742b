"""Moves of channels: one transaction each, then the streams are told."""

import secrets

from libs.contracts.api import (
    CanaryPosted,
    ChannelPointer,
    MovePosted,
    PromotePosted,
    RollbackPosted,
)
from libs.contracts.events import Canary, ConfigChannelMoved
from libs.runtime import Clock
from libs.runtime.hints import Hints
from libs.storage import Database, Transaction
from services.runtime_config.adapters.channels_sql import (
    HISTORY_MAX,
    read_history,
    read_pointer,
    write_move,
)
from services.runtime_config.adapters.hub import MOVED, Hub, hint_of
from services.runtime_config.adapters.releases_sql import read_bundle
from services.runtime_config.domain.errors import (
    InvalidMoveError,
    NotFoundError,
    StaleGenerationError,
)
from services.runtime_config.domain.moves import Move, moved, pointer_of, rollback_target


class Channels:
    """What people, releases and the watch over canaries do to channels."""

    def __init__(self, database: Database, hub: Hub, hints: Hints, clock: Clock) -> None:
        self._database = database
        self._hub = hub
        self._hints = hints
        self._clock = clock

    async def current(self, agent: str, channel: str) -> ChannelPointer:
        async with self._database.read() as connection:
            return _known(agent, channel, await read_pointer(connection, agent, channel))

    async def put(
        self, agent: str, channel: str, generation: int, posted: MovePosted
    ) -> ChannelPointer:
        """Compare-and-swap from `generation` (0: the channel does not exist yet)."""
        move = Move(posted.digest, posted.moved_by, posted.reason, _canary(posted.canary))
        async with self._database.transaction() as tx:
            held = await read_pointer(tx.connection, agent, channel)
            _check_generation(held, generation)
            event = await self.move(tx, agent, channel, held, move)
        return await self.tell(event)

    async def roll_back(
        self, agent: str, channel: str, generation: int | None, posted: RollbackPosted
    ) -> ChannelPointer:
        """A new generation that points at an old digest."""
        async with self._database.transaction() as tx:
            held = _known(agent, channel, await read_pointer(tx.connection, agent, channel))
            _check_generation(held, generation)
            history = await read_history(tx.connection, agent, channel, None, HISTORY_MAX)
            digest = rollback_target(held, history, posted.to_generation, posted.to_digest)
            move = Move(digest, posted.moved_by, posted.reason)
            event = await self.move(tx, agent, channel, held, move)
        return await self.tell(event)

    async def promote(
        self, agent: str, channel: str, generation: int | None, posted: PromotePosted
    ) -> ChannelPointer:
        """The canary takes over its channel, or this channel's digest goes to another."""
        async with self._database.transaction() as tx:
            held = _known(agent, channel, await read_pointer(tx.connection, agent, channel))
            _check_generation(held, generation)
            if posted.to is None or posted.to == channel:
                if held.canary is None:
                    raise InvalidMoveError(
                        "this channel has no canary: say with `to` which channel gets its digest"
                    )
                target, start, digest = channel, held, held.canary.digest
                move = Move(digest, posted.moved_by, posted.reason)
                event = await self.move(tx, agent, target, start, move)
            else:
                other = await read_pointer(tx.connection, agent, posted.to)
                move = Move(held.digest, posted.moved_by, posted.reason)
                event = await self.move(tx, agent, posted.to, other, move)
        return await self.tell(event)

    async def move(
        self, tx: Transaction, agent: str, channel: str, held: ChannelPointer | None, move: Move
    ) -> ConfigChannelMoved:
        """Inside somebody's transaction; call `tell` after the commit."""
        for digest in {move.digest, *([move.canary.digest] if move.canary else [])}:
            bundle = await read_bundle(tx.connection, digest)
            if bundle is None or bundle.agent != agent:
                raise InvalidMoveError(f"{digest} was never released for agent {agent!r}")
        event = moved(agent, channel, held, move, self._clock.now())
        await write_move(tx, event)
        return event

    async def tell(self, event: ConfigChannelMoved) -> ChannelPointer:
        """Wake whoever listens, here at once and at other replicas by a hint."""
        pointer = pointer_of(event)
        await self._hub.offer(pointer)
        await self._hints.tell(MOVED, hint_of(event.agent, event.channel))
        return pointer


def new_canary(digest: str, weight: float) -> Canary:
    """A fresh salt: the same people are not always the first."""
    return Canary(digest=digest, weight=weight, salt=secrets.token_hex(8))


def _canary(posted: CanaryPosted | None) -> Canary | None:
    if posted is None:
        return None
    fresh = new_canary(posted.digest, posted.weight)
    return fresh if posted.salt is None else fresh.model_copy(update={"salt": posted.salt})


def _known(agent: str, channel: str, found: ChannelPointer | None) -> ChannelPointer:
    if found is None:
        raise NotFoundError(
            f"agent {agent!r} has no channel {channel!r}: its first release makes `production`"
        )
    return found


def _check_generation(held: ChannelPointer | None, expected: int | None) -> None:
    if expected is not None and (held.generation if held else 0) != expected:
        raise StaleGenerationError(expected, held)
