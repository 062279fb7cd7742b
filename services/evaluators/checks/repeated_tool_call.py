"""The agent calls the same tool with the same arguments again and again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from libs.contracts.api import TraceTree
from libs.contracts.events import Target
from services.evaluators.domain.check import Finding, quote


@dataclass(frozen=True)
class RepeatedToolCall:
    """`repeated` when one call was made at least `calls_max` times."""

    calls_max: int = 3
    name: ClassVar[str] = "repeated_tool_call"
    version: ClassVar[str] = "1"
    target: ClassVar[Target] = "trace"
    labels: ClassVar[dict[str, bool | None]] = {"ok": True, "repeated": False}

    def applies(self, trace: TraceTree) -> bool:
        return any(span.kind == "TOOL" for span in trace.spans)

    def judge(self, trace: TraceTree) -> Sequence[Finding]:
        calls = Counter(
            (span.name, span.input or "") for span in trace.spans if span.kind == "TOOL"
        )
        (name, arguments), count = calls.most_common(1)[0]
        if count < self.calls_max:
            return [Finding("ok", score=1.0)]
        repeats = [s for s in trace.spans if (s.name, s.input or "") == (name, arguments)]
        text = f"{name} was called {count} times with the same arguments"
        return [Finding("repeated", text, 0.0, None, (quote(repeats[-1], "input", arguments),))]
