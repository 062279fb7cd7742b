"""Evaluations and feedback from the log into ClickHouse."""

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

import pyarrow as pa

from libs.contracts.base import Event
from libs.contracts.topics import BY_MODEL
from libs.eventlog import Record
from libs.runtime import PermanentError
from libs.runtime.batch_consumer import BatchHandler, Refused
from libs.runtime.envelope import to_event
from services.traces.adapters.writer import Writer

E = TypeVar("E", bound=Event)


def store_events(
    writer: Writer, model: type[E], table: str, columns: Callable[[Sequence[E]], pa.Table]
) -> BatchHandler:
    """A batch handler: natural ids and ReplacingMergeTree make a redelivery harmless."""
    topic = BY_MODEL[model]

    async def handle(records: Sequence[Record]) -> Sequence[Refused]:
        events: list[E] = []
        refused: list[Refused] = []
        for record in records:
            try:
                event = cast(E, to_event(record, topic))
                columns([event])  # a row that cannot be stored is refused alone
            except (PermanentError, ValueError, pa.ArrowException) as error:
                refused.append(Refused(record, str(error)))
            else:
                events.append(event)
        if events:
            await writer.insert(table, columns(events))
        return refused

    return handle
