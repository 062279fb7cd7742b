"""A trace at a glance: short texts, who spent the time, what was waited for."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.traces.domain.latency import Interval, latency_shares


@dataclass(frozen=True)
class Glance:
    """A span with the beginnings of its texts and their full lengths in characters."""

    span_id: str
    parent_span_id: str | None
    name: str
    kind: str
    status: str
    status_message: str
    model: str
    tool_name: str
    start_ns: int
    end_ns: int
    tokens: int
    cost_usd: float
    input_head: str
    input_chars: int
    output_head: str
    output_chars: int


@dataclass(frozen=True)
class Line:
    """One line of the overview; shares are parts of the trace's duration, 0 to 1."""

    glance: Glance
    depth: int
    offset_ms: float
    duration_ms: float
    latency_share: float
    self_share: float
    critical_share: float


def overview(glances: Sequence[Glance]) -> list[Line]:
    """Lines in tree order: a parent before its children, children by start."""
    if not glances:
        return []
    begin = min(one.start_ns for one in glances)
    whole = max(1, max(one.end_ns for one in glances) - begin)
    intervals = [
        Interval(one.span_id, one.parent_span_id, one.start_ns, one.end_ns) for one in glances
    ]
    shares, order = latency_shares(intervals)
    by_id = {one.span_id: one for one in glances}
    lines = []
    for span_id in order:
        one, share = by_id[span_id], shares[span_id]
        duration = max(0, one.end_ns - one.start_ns)
        lines.append(
            Line(
                glance=one,
                depth=share.depth,
                offset_ms=(one.start_ns - begin) / 1e6,
                duration_ms=duration / 1e6,
                latency_share=round(duration / whole, 4),
                self_share=round(share.self_ns / whole, 4),
                critical_share=round(share.critical_ns / whole, 4),
            )
        )
    return lines
