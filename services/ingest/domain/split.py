"""One request into one `ExportTraceServiceRequest` per trace, decoded exactly as published.

Spans are grouped by the id that stands where every exporter writes it. Each lot is put together
and decoded once, whole, which proves that readers of the log can decode it. A lot that does not
decode, or holds other ids than expected, is sorted out span by span.
"""

from collections.abc import Callable
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from services.ingest.domain.heads import UnreadableError, resource_head, scope_head
from services.ingest.domain.lots import Heads, Lot, clear_zero_parents, decode
from services.ingest.domain.projects import Allowed, ProjectError
from services.ingest.domain.refusals import Refusals
from services.ingest.domain.spans import UnfitError, checked, trace_id_of
from services.ingest.domain.wire import ResourceItems, TooManyError, has_fields_over

Redact = Callable[[ExportTraceServiceRequest], bool]
"""Edits a decoded request in place; True when it changed something."""

LARGE_SPAN_BYTES = 256 * 1024
FIELDS_MAX = 50_000
"""Of a large span: millions of empty attributes take fifty times their size once decoded."""


@dataclass(frozen=True)
class SplitLimits:
    """Sizes in bytes of what goes into the log."""

    span_bytes_max: int
    head_bytes_max: int
    message_bytes_max: int
    """A lot is closed before it grows past this; a single larger span still goes, alone."""
    output_bytes_max: int


@dataclass(frozen=True, slots=True)
class TraceLot:
    """Spans of one trace, ready to be published."""

    trace_id: bytes
    value: bytes
    spans: int


class Splitter:
    """Splits one request. `refusals` collects what is not kept."""

    def __init__(
        self, limits: SplitLimits, allowed: Allowed, refusals: Refusals, redact: Redact | None
    ) -> None:
        self._limits = limits
        self._allowed = allowed
        self._refusals = refusals
        self._redact = redact
        self._open: dict[bytes, Lot] = {}
        self._full: list[Lot] = []
        self._output_bytes = 0

    def split(self, resources: list[ResourceItems]) -> list[TraceLot]:
        """The lots to publish; raise `TooManyError` when they would outgrow the limit."""
        for resource in resources:
            self._add_resource(resource)
        ready: list[TraceLot] = []
        doubtful = [lot for lot in self._drain() if not self._finish(lot, ready)]
        for lot in doubtful:
            self._sort_out(lot)
        for lot in self._drain():
            if not self._finish(lot, ready):
                self._refusals.refuse("the span cannot be decoded beside its resource", lot.spans)
        self._refusals.kept = sum(lot.spans for lot in ready)
        return ready

    def _add_resource(self, resource: ResourceItems) -> None:
        count = sum(len(scope.items) for scope in resource.scopes)
        if not count:
            return
        try:
            head = resource_head(resource.head, self._allowed, self._limits.head_bytes_max)
        except ProjectError as error:
            (self._refusals.deny if error.denied else self._refusals.refuse)(str(error), count)
            return
        except UnreadableError as error:
            self._refusals.refuse(str(error), count)
            return
        for scope in resource.scopes:
            try:
                heads = head, scope_head(scope.head, self._limits.head_bytes_max)
            except UnreadableError as error:
                self._refusals.refuse(str(error), len(scope.items))
            else:
                self._add_spans(heads, scope.items)

    def _add_spans(self, heads: Heads, spans: list[bytes]) -> None:
        for span in spans:
            if len(span) > self._limits.span_bytes_max:
                self._refusals.refuse(f"a span is over {self._limits.span_bytes_max} bytes")
                continue
            if len(span) > LARGE_SPAN_BYTES and has_fields_over(span, FIELDS_MAX):
                self._refusals.refuse(f"a span has over {FIELDS_MAX} attributes and other fields")
                continue
            trace_id = trace_id_of(span)
            if trace_id is None:
                self._add_decoded(heads, span)
            else:
                self._add(trace_id, heads, span)

    def _add(self, trace_id: bytes, heads: Heads, span: bytes) -> None:
        lot = self._open.get(trace_id)
        if lot is None:
            lot = self._open[trace_id] = Lot(trace_id)
        elif lot.size + len(span) > self._limits.message_bytes_max:
            self._full.append(lot)
            lot = self._open[trace_id] = Lot(trace_id)
        before = lot.size
        lot.add(heads, span)
        self._output_bytes += lot.size - before
        if self._output_bytes > self._limits.output_bytes_max:
            raise TooManyError("the request is too large once split by trace: send smaller batches")

    def _add_decoded(self, heads: Heads, span: bytes) -> None:
        """For spans whose ids are not where they usually are: written again in the usual order."""
        try:
            decoded = checked(span)
        except UnfitError as error:
            self._refusals.refuse(str(error))
        else:
            self._add(decoded.trace_id, heads, decoded.SerializeToString())

    def _sort_out(self, lot: Lot) -> None:
        for heads, spans in lot.groups.items():
            for span in spans:
                self._add_decoded(heads, span)

    def _drain(self) -> list[Lot]:
        lots = [*self._full, *self._open.values()]
        self._full, self._open = [], {}
        return lots

    def _finish(self, lot: Lot, ready: list[TraceLot]) -> bool:
        value = lot.encode()
        decoded = decode(lot, value)
        if decoded is None:
            return False
        edited = decoded.zero_parents
        if edited:
            clear_zero_parents(decoded.request)
        if self._redact is not None:
            edited = self._redact(decoded.request) or edited
        if edited:
            value = decoded.request.SerializeToString()
        ready.append(TraceLot(lot.trace_id, value, lot.spans))
        return True
