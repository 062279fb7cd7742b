"""What the code that runs now belongs to: its config, its session, its replay."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CurrentRun:
    """Stamped on every span of the run."""

    agent: str
    digest: str
    generation: int


@dataclass
class ReplayRecord:
    """What a replay wants to know beside the answer."""

    facts: dict[str, Any] | None = None
    tokens: int = 0
    tool_calls: int = 0


CURRENT_RUN: ContextVar[CurrentRun | None] = ContextVar("pawl_current_run", default=None)
CURRENT_SESSION: ContextVar[str | None] = ContextVar("pawl_current_session", default=None)
REPLAY: ContextVar[ReplayRecord | None] = ContextVar("pawl_replay", default=None)
