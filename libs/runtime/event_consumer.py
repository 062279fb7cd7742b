"""Events one by one, in order of their key."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from libs.contracts.base import Event
from libs.contracts.topics import Topic
from libs.eventlog import Record
from libs.runtime.consumer import Consumer, ExhaustedError
from libs.runtime.envelope import to_event
from libs.runtime.errors import PermanentError

if TYPE_CHECKING:
    from libs.runtime.app import App

E = TypeVar("E", bound=Event)
EventHandler = Callable[[E], Awaitable[None]]


class EventConsumer(Consumer, Generic[E]):
    """Parses each record and hands it to a handler of its event."""

    def __init__(self, app: "App", topic: Topic, handler: EventHandler[E]) -> None:
        super().__init__(app, topic)
        self._handler = handler

    async def _deal_with(self, records: Sequence[Record]) -> None:
        for record in records:
            self._check_time()
            await self._handle(record)

    async def _handle(self, record: Record) -> None:
        try:
            with self._tracer.event(record):
                event = cast(E, to_event(record, self._topic))
                await self._retry(lambda: self._handler(event))
        except PermanentError as error:
            await self._set_aside(record, error)
        except ExhaustedError as error:
            self._pause_in_outage(error, record, lone=True)
            await self._set_aside(record, error)
        else:
            self._passed([record])
