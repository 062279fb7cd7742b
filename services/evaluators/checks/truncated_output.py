"""A model call was cut off at its token limit."""

from collections.abc import Sequence
from typing import Any, ClassVar

from libs.contracts.api import SpanView, TraceTree
from libs.contracts.events import Target
from services.evaluators.domain.check import Finding, quote

CUT_OFF = {"length", "max_tokens", "MAX_TOKENS"}
REASON_KEYS = (
    "llm.finish_reason",
    "gen_ai.response.finish_reasons",
    "ai.response.finishReason",
    "llm.response.finish_reason",
)


class TruncatedOutput:
    """`truncated` when any model call stopped for its length."""

    name: ClassVar[str] = "truncated_output"
    version: ClassVar[str] = "1"
    target: ClassVar[Target] = "trace"
    labels: ClassVar[dict[str, bool | None]] = {"ok": True, "truncated": False}

    def applies(self, trace: TraceTree) -> bool:
        return any(finish_reasons(span) for span in trace.spans)

    def judge(self, trace: TraceTree) -> Sequence[Finding]:
        cut = [span for span in trace.spans if finish_reasons(span) & CUT_OFF]
        if not cut:
            return [Finding("ok", score=1.0)]
        text = f"{len(cut)} model calls stopped at their token limit"
        evidence = tuple(quote(span, "output", (span.output or "")[-200:]) for span in cut)
        return [Finding("truncated", text, 0.0, None, evidence)]


def finish_reasons(span: SpanView) -> set[str]:
    """Why a model call ended, in whatever family it was said."""
    found: set[str] = set()
    for key in REASON_KEYS:
        value: Any = span.attributes.get(key)
        if isinstance(value, str) and value.startswith("["):
            found |= {part.strip(' "[]') for part in value.split(",")}
        elif isinstance(value, str):
            found.add(value)
        elif isinstance(value, list):
            found |= {str(one) for one in value}
    return found
