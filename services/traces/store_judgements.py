"""Evaluations and feedback from the log into ClickHouse."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import pyarrow as pa

from libs.contracts.base import Event
from libs.eventlog import Record
from libs.runtime.batch_consumer import Refused, parsed
from services.traces.adapters.writer import Writer

E = TypeVar("E", bound=Event)
UNFIT = (ValueError, OverflowError, pa.ArrowException)
"""What building columns raises of a value that cannot be stored."""


@dataclass(frozen=True)
class StoreEvents(Generic[E]):
    """A batch handler: natural ids and ReplacingMergeTree make a redelivery harmless."""

    writer: Writer
    model: type[E]
    table: str
    columns: Callable[[Sequence[E]], pa.Table]

    async def __call__(self, records: Sequence[Record]) -> Sequence[Refused]:
        # Parsing holds the processor, not the event loop.
        table, refused = await asyncio.to_thread(self._prepare, records)
        await self.writer.insert(self.table, table)
        return refused

    def _prepare(self, records: Sequence[Record]) -> tuple[pa.Table, list[Refused]]:
        events, refused = parsed(records, self.model)
        try:
            return self.columns([event for _, event in events]), refused
        except UNFIT:
            return self._fitting(events, refused)

    def _fitting(
        self, events: Sequence[tuple[Record, E]], refused: list[Refused]
    ) -> tuple[pa.Table, list[Refused]]:
        """A row that cannot be stored is refused alone. Slow, a table for each: rarely needed."""
        fitting: list[E] = []
        for record, event in events:
            try:
                self.columns([event])
            except UNFIT as error:
                refused.append(Refused(record, str(error)))
            else:
                fitting.append(event)
        return self.columns(fitting), refused
