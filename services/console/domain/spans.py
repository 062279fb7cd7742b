"""A trace as indented rows with latency bars."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from libs.contracts.api import SpanView

BAR_MIN = 0.004


@dataclass(frozen=True)
class Row:
    """One span. `start` and `width` are shares of the trace's whole time."""

    span: SpanView
    depth: int
    start: float
    width: float


def rows_of(spans: Sequence[SpanView]) -> tuple[Row, ...]:
    """Parents before children, each level by start; spans without a known parent are roots."""
    if not spans:
        return ()
    begin = min(span.started_at for span in spans)
    end = max(span.ended_at for span in spans)
    whole = max((end - begin).total_seconds(), 1e-9)
    rows = []
    for span, depth in _walk(spans):
        start = (span.started_at - begin).total_seconds() / whole
        width = max((span.ended_at - span.started_at).total_seconds() / whole, BAR_MIN)
        rows.append(Row(span, depth, min(start, 1 - BAR_MIN), min(width, 1 - min(start, 0.996))))
    return tuple(rows)


def _walk(spans: Sequence[SpanView]) -> Iterator[tuple[SpanView, int]]:
    """Depth first without recursion: traces may be deep, and may even hold a circle."""
    known = {span.span_id for span in spans}
    below: dict[str | None, list[SpanView]] = defaultdict(list)
    for span in sorted(spans, key=lambda one: (one.started_at, one.span_id), reverse=True):
        parent = span.parent_span_id if span.parent_span_id in known else None
        below[parent if parent != span.span_id else None].append(span)
    seen: set[str] = set()
    stack = [(span, 0) for span in below[None]]
    while stack or len(seen) < len(known):
        if not stack:  # only circles are left: cut one open
            stack = [next((span, 0) for span in spans if span.span_id not in seen)]
        span, depth = stack.pop()
        if span.span_id in seen:
            continue
        seen.add(span.span_id)
        yield span, depth
        stack += [(child, depth + 1) for child in below[span.span_id]]
