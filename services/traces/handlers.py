"""OTLP spans in, stored spans out; and what is told of traces when they are complete."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from libs.eventlog import Record
from libs.runtime import Clock
from libs.runtime.batch_consumer import Refused
from libs.runtime.tracing import cause_of
from services.traces.adapters.carriers import carrier_columns
from services.traces.adapters.columns import Stored, to_columns, version_of
from services.traces.adapters.completion import CompletionTable
from services.traces.adapters.told import told_columns
from services.traces.adapters.writer import Writer
from services.traces.domain.completion import Touch, TraceKey, touches
from services.traces.domain.span import SpanRow
from services.traces.metrics import TracesMetrics

Normalise = Callable[[bytes], list[SpanRow]]
"""A record's value into rows; ValueError when it is no request at all."""


@dataclass(frozen=True)
class Prepared:
    """A part of a batch, ready to insert."""

    tables: dict[str, pa.Table]
    touches: list[Touch]
    causes: dict[TraceKey, str]
    refused: list[Refused]


@dataclass(frozen=True)
class StoreSpans:
    """Batch handler of `otlp_spans`: normalise, insert, touch; then the log may commit."""

    normalise: Normalise
    writer: Writer
    completion: CompletionTable
    metrics: TracesMetrics
    clock: Clock
    retention_days: Callable[[str], int]
    bytes_max: int

    async def __call__(self, records: Sequence[Record]) -> Sequence[Refused]:
        refused: list[Refused] = []
        for part in parts(records, self.bytes_max):
            # Parsing and normalising hold the processor, not the event loop.
            prepared = await asyncio.to_thread(self._prepare, part)
            for table, columns in prepared.tables.items():
                await self.writer.insert(table, columns)
            await self.completion.touch(prepared.touches, self._now_ms(), prepared.causes)
            refused += prepared.refused
            self.metrics.spans_stored.inc(prepared.tables["spans"].num_rows)
        oldest_ms = min(record.timestamp_ms for record in records)
        self.metrics.queryable_lag_seconds.observe(max(0, self._now_ms() - oldest_ms) / 1000)
        return refused

    def _now_ms(self) -> int:
        return int(self.clock.now().timestamp() * 1000)

    def _prepare(self, records: Sequence[Record]) -> Prepared:
        spans: list[Stored] = []
        causes: dict[TraceKey, str] = {}
        refused: list[Refused] = []
        for record in records:
            version = version_of(record.timestamp_ms, record.offset)
            try:
                rows = self.normalise(record.value)
            except ValueError as error:
                refused.append(Refused(record, f"not an ExportTraceServiceRequest: {error}"))
                continue
            spans += [Stored(row, version, record.timestamp_ms) for row in rows]
            if cause := cause_of(record):
                causes |= {TraceKey(row.project, row.trace_id): cause for row in rows}
        touched = touches(span.row for span in spans)
        return Prepared(self._tables(spans), touched, causes, refused)

    def _tables(self, stored: Sequence[Stored]) -> dict[str, pa.Table]:
        spans = [one for one in stored if not one.row.event_only]
        carriers = [one for one in stored if one.row.event_only]
        told = [one for one in stored if one.row.evaluations_json]
        # Spans last: once they are there, so is everything that belongs to them.
        return {
            "span_events": carrier_columns(carriers, self.retention_days),
            "evaluations": told_columns(told, self.retention_days),
            "spans": to_columns(spans, self.retention_days),
        }


def parts(records: Sequence[Record], bytes_max: int) -> Iterator[list[Record]]:
    """Consecutive records of about `bytes_max` together; a larger record stands alone."""
    part: list[Record] = []
    size = 0
    for record in records:
        if part and size + len(record.value) > bytes_max:
            yield part
            part, size = [], 0
        part.append(record)
        size += len(record.value)
    if part:
        yield part
