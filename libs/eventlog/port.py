"""What every event log promises. `tests/eventlog/` holds the behaviour suite both adapters pass."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from libs.contracts.topics import Topic


class EventLogFull(Exception):
    """The log cannot take more now: the caller answers 429 or 503 and loses nothing."""


@dataclass(frozen=True)
class Message:
    """What is published. Messages with equal keys keep their order within a topic."""

    topic: str
    key: bytes
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Record(Message):
    """What is delivered: a message with its place in the log."""

    partition: int = 0
    offset: int = 0
    timestamp_ms: int = 0

    @property
    def place(self) -> tuple[int, int]:
        """Where it is in its topic."""
        return self.partition, self.offset


Deliver = Callable[[Sequence[Record]], Awaitable[None]]
"""Returns when every record is dealt with: the log then commits past them.
Raises when none may be committed, or `CutShort`: the log waits and delivers the rest again."""


class CutShort(Exception):
    """A delivery ends early: some of its records are dealt with, the others are not."""

    def __init__(self, reason: str, done: Sequence[Record] = ()) -> None:
        super().__init__(reason)
        self.done = done


def committable(records: Sequence[Record], error: Exception) -> list[Record]:
    """What a failed delivery leaves to commit: up to the first of each partition not dealt with."""
    dealt_with = error.done if isinstance(error, CutShort) else ()
    done = {one.place for one in dealt_with}
    held: set[int] = set()
    found = []
    for record in records:
        if record.place not in done:
            held.add(record.partition)
        elif record.partition not in held:
            found.append(record)
    return found


class Subscription(Protocol):
    """One member of a consumer group."""

    async def stop(self) -> None:
        """Stop fetching, let the delivery in flight finish, commit it, leave the group."""

    async def lag(self) -> int:
        """Records published and not yet committed in the partitions of this group."""


class EventLog(Protocol):
    """A durable, partitioned, replayable log with consumer groups."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def create_topics(self, topics: Sequence[Topic]) -> None:
        """Create what is missing; never deletes or shrinks."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return once every message is durable; raise `EventLogFull` when it takes no more."""

    async def subscribe(
        self,
        topic: str,
        group: str,
        deliver: Deliver,
        *,
        batch_max: int = 1,
        batch_wait_seconds: float = 0.05,
    ) -> Subscription:
        """Join `group`. A new group starts at the oldest record kept."""

    async def lag(self, group: str, topic: str) -> int:
        """Records published and not yet committed by the group."""

    async def problem(self) -> str | None:
        """What keeps the log from taking and giving records now; None when nothing does."""
