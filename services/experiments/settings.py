"""Keys of experiments, all with the prefix `PAWL_EXPERIMENTS_`."""

import re
import socket
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from libs.runtime import ServiceSettings
from libs.stats.alpha import AlphaBudget

REPLAY_URLS = (
    r"https?://(127\.0\.0\.1|localhost|\[::1\]|[a-z0-9-]+(\.[a-z0-9-]+)*\.svc(\.cluster\.local)?)"
    r"(:\d{1,5})?(/[\w./~-]*)?"
)


class ExperimentsSettings(ServiceSettings):
    """Terms of the alpha budget count from the next epoch of an agent's sealed split."""

    model_config = SettingsConfigDict(env_prefix="PAWL_EXPERIMENTS_", extra="ignore", frozen=True)

    alpha_budget: Annotated[float, Field(gt=0, lt=1)] = 0.05
    tests_max: Annotated[int, Field(ge=1, le=100)] = 4
    alpha_policy: Literal["adaptive", "fallback"] = "adaptive"
    alpha_share: Annotated[float, Field(gt=0, lt=1)] = 0.8
    power_min: Annotated[float, Field(ge=0, le=1)] = 0.05
    """A sealed test with less chance to pass is not worth its level."""
    error_margin: Annotated[float, Field(ge=0, le=1)] = 0.05
    """The built-in guardrail: how much more often a candidate may fail."""
    latency_floor_ms: Annotated[float, Field(ge=0)] = 50.0
    """Latency that grew by less is noise, whatever the ratio."""

    replay_urls: str = REPLAY_URLS
    """A regular expression: replay addresses that do not match as a whole are not used."""
    replay_batch: Annotated[int, Field(ge=1, le=1000)] = 20
    replay_parallel: Annotated[int, Field(ge=1, le=64)] = 2
    replay_timeout_seconds: Annotated[float, Field(gt=0)] = 120.0
    replay_patience_seconds: Annotated[float, Field(gt=0)] = 120.0
    """How long to wait for a batch, over all tries and instances; then results are missing."""

    poll_seconds: Annotated[float, Field(gt=0)] = 0.2
    settle_seconds: Annotated[float, Field(ge=0)] = 30.0
    """How long an approved proposal may take to be released before others go on without it."""
    attempts_max: Annotated[int, Field(ge=1)] = 30
    """Tries of one experiment that fails; then it is inconclusive. Outages are not counted."""
    lease_seconds: Annotated[float, Field(gt=1)] = 30.0
    worker: str = Field(default_factory=socket.gethostname, min_length=1, max_length=200)
    """Who holds a lease; a process that is restarted under its name goes on at once."""

    @field_validator("replay_urls")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"expected a regular expression: {error}") from error
        return value

    def budget(self) -> AlphaBudget:
        """The terms of new epochs."""
        return AlphaBudget(self.alpha_budget, self.tests_max, self.alpha_policy, self.alpha_share)
