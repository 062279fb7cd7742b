"""An answer that says it is JSON must be JSON."""

import json
from collections.abc import Sequence
from typing import ClassVar

from libs.contracts.api import TraceTree
from libs.contracts.events import Target
from services.evaluators.domain.check import Finding, quote, root_of


class AnswerFormat:
    """`invalid` when the root's output is declared as JSON and cannot be parsed."""

    name: ClassVar[str] = "answer_format"
    version: ClassVar[str] = "1"
    target: ClassVar[Target] = "trace"
    labels: ClassVar[dict[str, bool | None]] = {"valid": True, "invalid": False}

    def applies(self, trace: TraceTree) -> bool:
        root = root_of(trace)
        return root is not None and root.attributes.get("output.mime_type") == "application/json"

    def judge(self, trace: TraceTree) -> Sequence[Finding]:
        root = root_of(trace)
        text = (root.output if root else None) or ""
        try:
            json.loads(text)
        except ValueError as error:
            evidence = (quote(root, "output", text),) if root else ()
            return [Finding("invalid", f"not JSON: {error}", 0.0, None, evidence)]
        return [Finding("valid", score=1.0)]
