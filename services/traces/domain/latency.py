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


def latency_shares(spans: Sequence[Interval]) -> tuple[dict[str, Share], list[str]]:
    """Shares by span id, and the ids in tree order: parents first, siblings by start.

    The critical parts of a trace with one root add up to the root's duration.
    """
    children = _children(spans)
    critical = _critical(children)
    shares: dict[str, Share] = {}
    stack = [(span, 0) for span in reversed(_by_start(children[None]))]
    while stack:
        span, depth = stack.pop()
        below = _by_start(children.get(span.span_id, []))
        own = max(0, span.end_ns - span.start_ns) - _covered(span, below)
        shares[span.span_id] = Share(depth, own, critical.get(span.span_id, 0))
        stack += [(child, depth + 1) for child in reversed(below)]
    return shares, list(shares)


def _by_start(spans: Sequence[Interval]) -> list[Interval]:
    return sorted(spans, key=lambda one: (one.start_ns, one.span_id))


def _children(spans: Sequence[Interval]) -> Children:
    """By parent; spans whose parent is unknown stand as roots, and one span of each circle does."""
    by_id = {span.span_id: span for span in spans}
    children: Children = defaultdict(list)
    children[None] = []
    placed: set[str] = set()
    for span in by_id.values():
        trail: dict[str, Interval] = {}
        at: Interval | None = span
        while at is not None and at.span_id not in placed and at.span_id not in trail:
            trail[at.span_id] = at
            at = by_id.get(at.parent_span_id) if at.parent_span_id else None
        circle_at = at.span_id if at is not None and at.span_id in trail else None
        for one in trail.values():
            known = one.parent_span_id in by_id and one.span_id != circle_at
            children[one.parent_span_id if known else None].append(one)
        placed |= trail.keys()
    return children


def _covered(span: Interval, below: Sequence[Interval]) -> int:
    """How much of the span its children (by start) fill, overlaps counted once."""
    covered, reached = 0, span.start_ns
    for child in below:
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
    stack = [(root, root.start_ns, max(root.start_ns, root.end_ns))]
    while stack:
        span, since, until = stack.pop()
        cursor = until
        below = [
            (min(child.end_ns, until), max(child.start_ns, since), child)
            for child in children.get(span.span_id, [])
        ]
        for end, start, child in sorted(below, key=lambda one: (-one[0], one[1])):
            if start < end <= cursor:
                totals[span.span_id] += cursor - end
                stack.append((child, start, end))
                cursor = start
        totals[span.span_id] += cursor - since
    return totals
