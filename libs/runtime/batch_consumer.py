"""Many raw records at once, for hot topics; a bad record is found and set aside alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from libs.contracts.base import Event
from libs.contracts.topics import BY_MODEL, Topic
from libs.eventlog import Record
from libs.runtime.consumer import Consumer, ExhaustedError
from libs.runtime.envelope import to_event
from libs.runtime.errors import PermanentError
from libs.runtime.outage import why

if TYPE_CHECKING:
    from libs.runtime.app import App

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Refused:
    """A record that a batch handler will never be able to handle, and why."""

    record: Record
    reason: str


def parsed(
    records: Sequence[Record], model: type[E]
) -> tuple[list[tuple[Record, E]], list[Refused]]:
    """The events among them, each with its record, and the records that are none."""
    events: list[tuple[Record, E]] = []
    refused: list[Refused] = []
    for record in records:
        try:
            events.append((record, cast(E, to_event(record, BY_MODEL[model]))))
        except PermanentError as error:
            refused.append(Refused(record, str(error)))
    return events, refused


class BatchHandler(Protocol):
    async def __call__(self, records: Sequence[Record], /) -> Sequence[Refused]: ...


class BatchConsumer(Consumer):
    """Hands whole deliveries to a handler, and takes apart those that fail."""

    def __init__(self, app: "App", topic: Topic, handle: BatchHandler) -> None:
        super().__init__(app, topic)
        self._handle = handle

    async def _deal_with(self, records: Sequence[Record]) -> None:
        try:
            refused = await self._tried(records)
        except PermanentError:
            await self._isolate(records, records)
        except ExhaustedError as error:
            if not await self._any_passes(records):  # an outage, not a poisonous record
                self._pause_in_outage(error, records[0], lone=len(records) == 1)
            await self._isolate(records, records)
        else:
            await self._settle(records, refused)

    async def _tried(self, records: Sequence[Record]) -> Sequence[Refused]:
        with self._tracer.batch(records):
            return await self._retry(lambda: self._handle(records))

    async def _settle(self, records: Sequence[Record], refused: Sequence[Refused]) -> None:
        """The handler is done with these: whatever it did not refuse is handled."""
        places = {one.record.place for one in refused}
        self._passed([one for one in records if one.place not in places])
        for one in refused:
            await self._set_aside(one.record, PermanentError(one.reason))

    async def _any_passes(self, records: Sequence[Record]) -> bool:
        """Try a few records on their own, once; a lone record was tried enough."""
        if len(records) == 1:
            return False
        for one in (records[0], records[len(records) // 2], records[-1]):
            try:
                await self._handle([one])
            except Exception as error:
                self._app.logger.warning("still failing", topic=self._topic.name, **why(error))
                if self._in_vain(error):
                    return False
            else:
                return True
        return False

    async def _isolate(self, records: Sequence[Record], batch: Sequence[Record]) -> None:
        """Halve until the culprits stand alone; the rest is handled."""
        self._check_time()
        try:
            refused = await self._handle(records)
        except Exception as error:
            self._pause_when_stopping(error)
        else:
            return await self._settle(records, refused)
        if len(records) == 1:
            return await self._handle_alone(records[0], batch)
        middle = len(records) // 2
        await self._isolate(records[:middle], batch)
        await self._isolate(records[middle:], batch)

    async def _handle_alone(self, record: Record, batch: Sequence[Record]) -> None:
        """Or set it aside, unless it came to stand alone only because an outage came and went."""
        try:
            refused = await self._tried([record])
        except PermanentError as error:
            await self._set_aside(record, error)
        except ExhaustedError as error:
            others = [one for one in batch if one is not record]
            if len(others) < 2 or not await self._any_passes(others):
                self._pause_in_outage(error, record, lone=True)
            await self._set_aside(record, error)
        else:
            await self._settle([record], refused)
