"""Keys of everything that asks a model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.runtime.settings import ServiceSettings

KEY, ADDRESS = "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"


class LlmSettings(ServiceSettings):
    """`PAWL_LLM_*`; the key and the address have the names that every Anthropic client reads."""

    model_config = SettingsConfigDict(
        env_prefix="PAWL_LLM_", extra="ignore", frozen=True, populate_by_name=True
    )

    api_key: Annotated[SecretStr, Field(validation_alias=KEY)] = SecretStr("")
    base_url: Annotated[str, Field(validation_alias=ADDRESS)] = ""
    model: str = "claude-sonnet-4-5"
    output_tokens_max: Annotated[int, Field(ge=1)] = 4_096
    """Of one call."""
    tokens_max: Annotated[int, Field(ge=1)] = 200_000
    """Read and written, of one piece of work such as a mining run."""
    calls_max: Annotated[int, Field(ge=1)] = 20
    retries_max: Annotated[int, Field(ge=0, le=10)] = 4
    timeout_seconds: Annotated[float, Field(gt=0)] = 120.0
    replies: Literal["live", "record", "replay"] = "live"
    """`record` keeps every reply in `replies_dir`, `replay` answers from there and never calls."""
    replies_dir: Path | None = None


def is_configured(environment: Mapping[str, str]) -> bool:
    """Whether a model may be asked at all."""
    return bool(environment.get(KEY) or environment.get(ADDRESS))
