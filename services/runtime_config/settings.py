"""Keys of runtime_config, all with the prefix `PAWL_RUNTIME_CONFIG_`."""

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.runtime import ServiceSettings
from services.runtime_config.domain.canary import TrialRules
from services.runtime_config.domain.recheck import Policy


class RuntimeConfigSettings(ServiceSettings):
    """Lists are written with commas: `PAWL_RUNTIME_CONFIG_REVIEWERS=ada,grace`."""

    model_config = SettingsConfigDict(
        env_prefix="PAWL_RUNTIME_CONFIG_", extra="ignore", frozen=True
    )

    signing_key: SecretStr = SecretStr("")
    """Base64 of 32 random bytes. Empty: `PAWL_HOME/signing.key`, made at the first start."""
    previous_signing_key: SecretStr = SecretStr("")
    """After a rotation, for one start: the old key vouches for the new one."""
    new_signing_key: bool = False
    """Start a new chain of trust when the old key is lost; agents must be told."""
    reviewers: str = ""
    """Whose approvals count; empty: everybody's but the bot's, which is meant for loopback."""
    bot_name: str = "pawl-bot"
    canary_weight: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """Share of the runs that a new release gets first; 0: a release moves the channel at once."""
    procedure_canary_weight: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of the runs for what was promoted on procedure evidence, until live traffic has shown
    what this very config is worth; 0: as other releases."""
    promote_confirmed: bool = True
    """What a person approved and an exact test on live traffic confirmed takes its channel."""
    canary_alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Chance that a canary which is no worse is ever rolled back."""
    canary_margin: Annotated[float, Field(ge=0, lt=1)] = 0.0
    instance_days: Annotated[float, Field(gt=0)] = 7.0
    """An instance that said nothing for so long is forgotten."""
    heartbeat_seconds: Annotated[float, Field(gt=0)] = 8.0
    watch_seconds: Annotated[float, Field(gt=0)] = 1.0
    """How often moves that no hint told of are looked for while somebody listens."""
    sweep_seconds: Annotated[float, Field(gt=0)] = 5.0
    """How often approvals that could not be checked yet are taken up again."""

    def policy(self) -> Policy:
        names = frozenset(part.strip() for part in self.reviewers.split(",") if part.strip())
        return Policy(reviewers=names, bot=self.bot_name)

    def trial_rules(self) -> TrialRules:
        return TrialRules(alpha=self.canary_alpha, margin=self.canary_margin)
