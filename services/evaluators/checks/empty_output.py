"""The agent ended without an answer."""

from collections.abc import Sequence
from typing import ClassVar

from libs.contracts.api import TraceTree
from libs.contracts.events import Target
from services.evaluators.domain.check import Finding, root_of

AGENT_KINDS = ("AGENT", "CHAIN", "LLM")


class EmptyOutput:
    """`empty` when the root of an agent's run has an input and no output."""

    name: ClassVar[str] = "empty_output"
    version: ClassVar[str] = "1"
    target: ClassVar[Target] = "trace"
    labels: ClassVar[dict[str, bool | None]] = {"ok": True, "empty": False}

    def applies(self, trace: TraceTree) -> bool:
        root = root_of(trace)
        return root is not None and root.kind in AGENT_KINDS and bool(root.input)

    def judge(self, trace: TraceTree) -> Sequence[Finding]:
        root = root_of(trace)
        if root is not None and (root.output or "").strip() not in ("", "null", '""'):
            return [Finding("ok", score=1.0)]
        return [Finding("empty", "the run ended without an answer", 0.0)]
