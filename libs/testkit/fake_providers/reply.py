"""What a fake provider is told to answer."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ToolUse:
    """The model asks for a tool. Without an id the provider's fake makes one from the name."""

    name: str
    input: dict[str, Any] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True)
class Usage:
    """Tokens of one call. `input` is everything read, cached or not; `output` has reasoning in."""

    input: int = 120
    output: int = 18
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0


@dataclass(frozen=True)
class Reply:
    """One answer. `status` other than 200 answers with the provider's error body instead."""

    text: str = ""
    tools: tuple[ToolUse, ...] = ()
    usage: Usage = Usage()
    status: int = 200
    error: str = "scripted failure"
    retry_after_seconds: float | None = None
    delay_seconds: float = 0.0

    @property
    def finish(self) -> str:
        """`tool` when the model stopped to call tools, else `stop`."""
        return "tool" if self.tools else "stop"

    def called(self) -> list[tuple[str, ToolUse]]:
        """Tool uses with their ids, one made up per position where none was given."""
        return [(t.id or f"call_{t.name}_{i}", t) for i, t in enumerate(self.tools)]
