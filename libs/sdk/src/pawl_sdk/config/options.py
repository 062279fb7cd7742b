"""What an agent says once about its config."""

import os
import random
import re
import socket
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pawl_sdk.bundle import Bundle

Build = Callable[[Bundle], Any]


def _url() -> str:
    return os.environ.get("PAWL_URL") or "http://127.0.0.1:8080"


def _api_key() -> str | None:
    return os.environ.get("PAWL_API_KEY") or None


def _state_dir() -> Path:
    if chosen := os.environ.get("PAWL_STATE_DIR"):
        return Path(chosen)  # a container may have no home to ask for
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "pawl"


def _instance_id() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"


def _today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class ConfigOptions:
    """Only `agent` must be given."""

    agent: str
    channel: str = "production"
    url: str = field(default_factory=_url)
    api_key: str | None = field(default_factory=_api_key, repr=False)
    state_dir: Path | str | None = field(default_factory=_state_dir)
    """Where the last good config is kept; None: in memory only."""
    build: Build | None = None
    """Makes the agent's own objects of a bundle; what it raises refuses the bundle."""
    trusted_keys: Sequence[str] = ()
    """Base64 public keys. Empty: the registry's keys at first contact are pinned on disk."""
    instance_id: str = field(default_factory=_instance_id)
    replay_url: str | None = None
    today: Callable[[], date] = _today
    chance: random.Random = field(default_factory=random.Random, repr=False)
    request_seconds: float = 10.0
    silence_seconds: float = 20.0
    """When the stream says nothing for so long, the pointer is polled (heartbeats come faster)."""
    retry_seconds: float = 0.5
    """First pause after a failure; it doubles, with jitter, up to `retry_seconds_max`."""
    retry_seconds_max: float = 30.0
    report_seconds: float = 60.0
    """An unchanged status is reported again so often, as a sign of life."""

    @property
    def shown_url(self) -> str:
        """For logs, messages and files: without a user's name and password."""
        return re.sub(r"//[^/]*@", "//", self.url).rstrip("/")
