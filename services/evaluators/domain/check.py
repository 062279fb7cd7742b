"""What a check is: a name, a version, fixed labels, and one method."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from libs.contracts.api import SpanView, TraceTree
from libs.contracts.events import Quote, Target

QUOTE_CHARS_MAX = 400


@dataclass(frozen=True)
class Finding:
    """One result. `label` is one of the check's labels; `span_id` when it is about one span."""

    label: str
    explanation: str = ""
    score: float | None = None
    span_id: str | None = None
    evidence: tuple[Quote, ...] = ()


class Check(Protocol):
    """A deterministic evaluator. `labels` maps each label to whether it is a pass."""

    name: ClassVar[str]
    version: ClassVar[str]
    target: ClassVar[Target]
    labels: ClassVar[dict[str, bool | None]]

    def applies(self, trace: TraceTree) -> bool:
        """The filter: False leaves no record."""

    def judge(self, trace: TraceTree) -> Sequence[Finding]:
        """Judge; an exception becomes a failure record, never a score."""


def root_of(trace: TraceTree) -> SpanView | None:
    """The span without a parent in this trace; the earliest when there are several."""
    known = {span.span_id for span in trace.spans}
    roots = [span for span in trace.spans if span.parent_span_id not in known]
    return min(roots, key=lambda span: span.started_at, default=None)


def quote(span: SpanView, field: str, text: str) -> Quote:
    """Words of a span as evidence, shortened."""
    return Quote(span_id=span.span_id, field=field, text=text[:QUOTE_CHARS_MAX])
