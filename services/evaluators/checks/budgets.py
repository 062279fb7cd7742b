"""A run took too long, or too many tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from libs.contracts.api import TraceTree
from libs.contracts.events import Target
from services.evaluators.domain.check import Finding

WITHIN_AND_OVER: dict[str, bool | None] = {"within": True, "over": False}


@dataclass(frozen=True)
class LatencyBudget:
    """`over` when the trace lasted longer than `seconds_max`."""

    seconds_max: float = 60.0
    name: ClassVar[str] = "latency_budget"
    version: ClassVar[str] = "1"
    target: ClassVar[Target] = "trace"
    labels: ClassVar[dict[str, bool | None]] = WITHIN_AND_OVER

    def applies(self, trace: TraceTree) -> bool:
        return True

    def judge(self, trace: TraceTree) -> Sequence[Finding]:
        seconds = trace.summary.duration_ms / 1000
        return [_compared(seconds, self.seconds_max, "s")]


@dataclass(frozen=True)
class TokenBudget:
    """`over` when the trace used more than `tokens_max` tokens."""

    tokens_max: int = 100_000
    name: ClassVar[str] = "token_budget"
    version: ClassVar[str] = "1"
    target: ClassVar[Target] = "trace"
    labels: ClassVar[dict[str, bool | None]] = WITHIN_AND_OVER

    def applies(self, trace: TraceTree) -> bool:
        return trace.summary.tokens_total > 0

    def judge(self, trace: TraceTree) -> Sequence[Finding]:
        return [_compared(float(trace.summary.tokens_total), float(self.tokens_max), "tokens")]


def _compared(used: float, allowed: float, unit: str) -> Finding:
    if used <= allowed:
        return Finding("within", score=1.0)
    return Finding("over", f"{used:g} {unit} of {allowed:g} allowed", allowed / used)
