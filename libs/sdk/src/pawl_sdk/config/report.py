"""ACK and NACK: the newest status is sent until the registry has it."""

import logging
import time

from pydantic import BaseModel, ConfigDict

from pawl_sdk.config.backoff import Backoff
from pawl_sdk.config.errors import Unreachable
from pawl_sdk.config.options import ConfigOptions
from pawl_sdk.config.registry import Registry

_log = logging.getLogger("pawl_sdk.config")


class StatusReport(BaseModel):
    """`applied` is an ACK, `refused` with `error` a NACK of the desired generation."""

    model_config = ConfigDict(frozen=True)

    channel: str
    desired_digest: str
    desired_generation: int
    applied_digest: str | None
    applied_generation: int | None
    state: str
    error: str = ""
    replay_url: str | None = None
    sdk_version: str


class Reporter:
    """Used by one thread. A status that was overtaken by a newer one is of no use any more."""

    def __init__(self, options: ConfigOptions, registry: Registry, backoff: Backoff) -> None:
        self._options = options
        self._registry = registry
        self._backoff = backoff
        self._accepted: StatusReport | None = None
        self._retry_at = 0.0
        self._again_at = 0.0

    def due_at(self, status: StatusReport | None) -> float:
        """When there is something to send."""
        if status is None:
            return float("inf")
        return self._retry_at if status != self._accepted else max(self._retry_at, self._again_at)

    def hurry(self) -> None:
        """The registry answers again: what waits is sent at once."""
        self._retry_at = 0.0

    def send_when_due(self, status: StatusReport | None) -> None:
        if status is None or time.monotonic() < self.due_at(status):
            return
        try:
            self._registry.report(status.model_dump())
        except Unreachable as error:
            self._retry_at = time.monotonic() + self._backoff.next_seconds()
            _log.debug("status not accepted yet: %s", error)
            return
        self._backoff.reset()
        self._accepted = status
        self._retry_at = 0.0
        jitter = self._options.chance.uniform(0.8, 1.0)  # a fleet does not report in step
        self._again_at = time.monotonic() + self._options.report_seconds * jitter

    def say_goodbye(self, status: StatusReport | None) -> None:
        """One attempt: whoever stops does not wait."""
        if status is not None and self._accepted is not None:
            try:
                stopped = status.model_copy(update={"state": "stopped", "replay_url": None})
                self._registry.report(stopped.model_dump(), seconds=1.0)
            except Unreachable as error:
                _log.debug("goodbye not accepted: %s", error)
