"""Keys of experiments, all with the prefix `PAWL_EXPERIMENTS_`."""

import re
import socket
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from libs.acceptance.lifetime import LifetimeTerms
from libs.contracts.evidence import EvidencePolicy
from libs.runtime import ServiceSettings

REPLAY_URLS = (
    r"https?://(127\.0\.0\.1|localhost|\[::1\]|[a-z0-9-]+(\.[a-z0-9-]+)*\.svc(\.cluster\.local)?)"
    r"(:\d{1,5})?(/[\w./~-]*)?"
)


class ExperimentsSettings(ServiceSettings):
    """Levels of tests that are opened follow from these; a test keeps the level it opened with."""

    model_config = SettingsConfigDict(env_prefix="PAWL_EXPERIMENTS_", extra="ignore", frozen=True)

    alpha_budget: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Over the life of an agent: the expected share of false promotions."""
    by_procedure: str = "rules,context"
    """Which parts of a config may change on procedure evidence (`libs.contracts.evidence`)."""
    lessons_max: Annotated[int, Field(ge=10)] = 1000
    """So many of the newest lessons are replayed to make a diff small and to hold its limits."""
    reviews_max: Annotated[int, Field(ge=10)] = 400
    """A candidate that this many fresh reviews could not tell apart makes room."""
    takeover_reviews: Annotated[int, Field(ge=1)] = 60
    """From so many fresh reviews on, a candidate makes room when a newer draft waits."""
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

    @field_validator("by_procedure")
    @classmethod
    def _names_parts(cls, value: str) -> str:
        EvidencePolicy.parse(value)
        return value

    def lifetime(self) -> LifetimeTerms:
        """The promise over the life of an agent."""
        return LifetimeTerms(self.alpha_budget)

    def policy(self) -> EvidencePolicy:
        """Which kind of evidence suffices."""
        return EvidencePolicy.parse(self.by_procedure)
