"""What a channel points at next. Each move is a new generation, a rollback too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.contracts.api import ChannelPointer
from libs.contracts.events import Canary, ConfigChannelMoved
from services.runtime_config.domain.errors import InvalidMoveError, NotFoundError


@dataclass(frozen=True)
class Move:
    """Where to, who says so and why."""

    digest: str
    by: str
    reason: str
    canary: Canary | None = None


def moved(
    agent: str, channel: str, current: ChannelPointer | None, move: Move, now: datetime
) -> ConfigChannelMoved:
    """The event of a move; raises `InvalidMoveError` when nothing would change."""
    if move.canary is not None and move.canary.digest == move.digest:
        raise InvalidMoveError("the canary has the channel's own digest: there is nothing to try")
    if current and (current.digest, current.canary) == (move.digest, move.canary):
        raise InvalidMoveError(
            f"the channel already points there, at generation {current.generation}"
        )
    return ConfigChannelMoved(
        agent=agent,
        channel=channel,
        generation=current.generation + 1 if current else 1,
        digest=move.digest,
        previous_digest=current.digest if current else None,
        canary=move.canary,
        moved_by=move.by,
        reason=move.reason,
        moved_at=now,
    )


def why_it_stays(held: ChannelPointer | None, baseline: str | None) -> str:
    """Why a release must not move the channel; empty when it may.

    Its figures are about `baseline`. Where that is not what the channel serves or tries, the
    release would bring back what was rolled back, or drop what was put there since. `baseline` is
    None for what was tested on nothing, an import or a person's own files, and for what nobody has
    heard of: the approval overtook the one before it, which will stay behind.
    """
    if held is None or baseline is None:
        return ""
    if baseline in (held.digest, held.canary.digest if held.canary else None):
        return ""
    return (
        f"it was tested on {baseline}, and the channel {held.channel!r} was moved to {held.digest} "
        f"(generation {held.generation}) since: move the channel by hand if you want both"
    )


def rollback_target(
    current: ChannelPointer,
    history: Sequence[ConfigChannelMoved],
    to_generation: int | None = None,
    to_digest: str | None = None,
) -> str:
    """The digest to go back to. `history` is newest first.

    Raises `InvalidMoveError` without a target when a canary has just ended: who asks may have it
    in mind, and would take back the config that it was compared with.
    """
    if to_digest is not None:
        return to_digest
    if to_generation is not None:
        for entry in history:
            if entry.generation == to_generation:
                return entry.digest
        raise NotFoundError(f"there is no generation {to_generation} of this channel")
    if current.canary is not None:
        return current.digest
    if _canary_ended(history):
        raise InvalidMoveError(
            f"{history[0].moved_by} ended the canary {_canary_of(history[1])} already, generation "
            f"{current.generation} serves {current.digest} alone: to go back further, name "
            "to_digest or to_generation"
        )
    for entry in history:
        if entry.digest != current.digest:
            return entry.digest
    raise NotFoundError("there is no earlier digest to go back to: this is the first")


def _canary_ended(history: Sequence[ConfigChannelMoved]) -> bool:
    """Whether the newest move took a canary back and changed nothing else."""
    if len(history) < 2:
        return False
    now, before = history[:2]
    return now.canary is None and before.canary is not None and now.digest == before.digest


def _canary_of(move: ConfigChannelMoved) -> str:
    return move.canary.digest if move.canary else ""


def pointer_of(moved: ConfigChannelMoved) -> ChannelPointer:
    """The pointer after a move."""
    return ChannelPointer(
        agent=moved.agent,
        channel=moved.channel,
        generation=moved.generation,
        digest=moved.digest,
        canary=moved.canary,
        moved_at=moved.moved_at,
    )


def etag_of(pointer: ChannelPointer) -> str:
    """Strong, and different also when a restored database counts a generation twice."""
    return f'"{pointer.generation}-{pointer.digest[7:19]}"'
