"""Where a trace's time went: each span's own time and the critical path."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A span on the time axis, nanoseconds."""

    span_id: str
    parent_span_id: str | None
    start_ns: int
    end_ns: int


@dataclass(frozen=True)
class Share:
    """`self_ns`: not covered by children. `critical_ns`: its part of the critical path."""

    depth: int
    self_ns: int
    critical_ns: int


Children = dict[str | None, list[Interval]]


def latency_shares(spans: Sequence[Interval]) -> dict[str, Share]:
    """By span id. The critical parts of a trace with one root add up to the root's duration."""
    children = _children(spans)
    critical = _critical(children)
    shares: dict[str, Share] = {}
    stack = [(span, 0) for span in children[None]]
    while stack:
        span, depth = stack.pop()
        below = children.get(span.span_id, [])
        own = max(0, span.end_ns - span.start_ns) - _covered(span, below)
        shares[span.span_id] = Share(depth, own, critical.get(span.span_id, 0))
        stack += [(child, depth + 1) for child in below]
    return shares


def _children(spans: Sequence[Interval]) -> Children:
    """By parent; spans whose parent is unknown, or in a circle, stand as roots."""
    by_id = {span.span_id: span for span in spans}
    children: Children = defaultdict(list)
    children[None] = []
    rooted: set[str] = set()
    for span in by_id.values():
        trail: list[Interval] = []
        at: Interval | None = span
        seen: set[str] = set()
        while at is not None and at.span_id not in rooted and at.span_id not in seen:
            seen.add(at.span_id)
            trail.append(at)
            at = by_id.get(at.parent_span_id) if at.parent_span_id else None
        for position, one in enumerate(trail):
            is_last = position == len(trail) - 1
            in_circle = is_last and at is not None and at.span_id not in rooted
            known = one.parent_span_id in by_id and not in_circle
            children[one.parent_span_id if known else None].append(one)
            rooted.add(one.span_id)
    return children


def _covered(span: Interval, below: Sequence[Interval]) -> int:
    """How much of the span its children fill, overlaps counted once."""
    covered, reached = 0, span.start_ns
    for child in sorted(below, key=lambda one: one.start_ns):
        start = max(child.start_ns, reached)
        end = min(child.end_ns, span.end_ns)
        if end > start:
            covered += end - start
            reached = end
    return covered


def _critical(children: Children) -> dict[str, int]:
    """Walk back from the end: at each moment the child that finished last was being waited for."""
    totals: dict[str, int] = defaultdict(int)
    if not children[None]:
        return totals
    root = max(children[None], key=lambda one: one.end_ns - one.start_ns)
    stack = [(root, root.end_ns)]
    while stack:
        span, until = stack.pop()
        cursor = min(until, span.end_ns)
        for child in sorted(children.get(span.span_id, []), key=lambda o: o.end_ns, reverse=True):
            end = min(child.end_ns, cursor)
            start = max(child.start_ns, span.start_ns)
            if end <= start or child.end_ns > cursor:
                if child.start_ns >= cursor or end <= start:
                    continue
            totals[span.span_id] += cursor - end
            stack.append((child, end))
            cursor = start
        totals[span.span_id] += max(0, cursor - span.start_ns)
    return totals
