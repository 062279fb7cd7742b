"""Keys of the review gate, all with the prefix `PAWL_REVIEW_GATE_`."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from libs.contracts.evidence import EvidencePolicy
from libs.runtime import ServiceSettings
from services.review_gate.domain.policy import Policy


class ReviewGateSettings(ServiceSettings):
    """Lists are written with commas: `PAWL_REVIEW_GATE_REVIEWERS=ada,grace`."""

    model_config = SettingsConfigDict(env_prefix="PAWL_REVIEW_GATE_", extra="ignore", frozen=True)

    forge: Literal["local", "github"] = "local"
    bot_name: str = "pawl-bot"
    reviewers: str = ""
    """Who may decide; empty: everybody but the bot, which is meant for loopback."""
    reviewers_high_risk: str = ""
    """Who may decide proposals of high risk; empty: `reviewers`."""
    open_per_agent_max: Annotated[int, Field(ge=1, le=100)] = 1
    evidence_days: Annotated[float, Field(gt=0, le=365)] = 14.0
    procedure_suffices: str = "rules,context"
    """What may change on procedure evidence (`libs/contracts/evidence.py`); all else needs exact
    evidence. Empty: nothing may."""
    sweep_seconds: Annotated[float, Field(gt=0)] = 5.0
    """How often what a crash or an unreachable forge left behind is taken up."""
    github_url: str = "https://api.github.com"
    github_repo: Annotated[str, Field(pattern=r"^$|^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$")] = ""
    github_token: SecretStr = SecretStr("")
    github_watch_seconds: Annotated[float, Field(gt=0)] = 30.0

    @field_validator("procedure_suffices")
    @classmethod
    def _names_parts(cls, text: str) -> str:
        EvidencePolicy.parse(text)
        return text

    @model_validator(mode="after")
    def _github_is_complete(self) -> "ReviewGateSettings":
        if self.forge == "github" and not (
            self.github_repo and self.github_token.get_secret_value()
        ):
            raise ValueError(
                "forge github needs PAWL_REVIEW_GATE_GITHUB_REPO (owner/name) and "
                "PAWL_REVIEW_GATE_GITHUB_TOKEN"
            )
        return self

    def policy(self) -> Policy:
        """The part that the domain needs."""
        return Policy(
            bot=self.bot_name,
            reviewers=_names(self.reviewers),
            reviewers_high_risk=_names(self.reviewers_high_risk),
            open_per_agent_max=self.open_per_agent_max,
            evidence_days=self.evidence_days,
            evidence=EvidencePolicy.parse(self.procedure_suffices),
        )


def _names(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())
