"""A tool failed, or answered with an error."""

import json
import re
from collections.abc import Sequence
from typing import ClassVar

from libs.contracts.api import SpanView, TraceTree
from libs.contracts.events import Target
from services.evaluators.domain.check import Finding, quote

ERROR_TEXT = re.compile(r"^\s*(error|exception|traceback)\b", re.IGNORECASE)
ERROR_KEYS = ("error", "errors", "exception")


class ToolError:
    """One finding a trace: `error` with each failing call quoted, else `ok`."""

    name: ClassVar[str] = "tool_error"
    version: ClassVar[str] = "1"
    target: ClassVar[Target] = "trace"
    labels: ClassVar[dict[str, bool | None]] = {"ok": True, "error": False}

    def applies(self, trace: TraceTree) -> bool:
        return any(span.kind == "TOOL" for span in trace.spans)

    def judge(self, trace: TraceTree) -> Sequence[Finding]:
        failed = [span for span in trace.spans if span.kind == "TOOL" and is_error(span)]
        if not failed:
            return [Finding("ok")]
        names = sorted({span.name for span in failed})
        evidence = tuple(quote(one, "output", one.output or one.status_message) for one in failed)
        return [
            Finding("error", f"{len(failed)} calls failed: {', '.join(names)}", 0.0, None, evidence)
        ]


def is_error(span: SpanView) -> bool:
    """Whether the span failed, or its output says that the call did."""
    if span.status == "ERROR":
        return True
    text = span.output or ""
    if ERROR_TEXT.match(text):
        return True
    try:
        body = json.loads(text)
    except ValueError:
        return False
    return isinstance(body, dict) and any(body.get(key) for key in ERROR_KEYS)
