"""Keys of the miner."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.runtime.settings import ServiceSettings


class MinerSettings(ServiceSettings):
    """When runs start by themselves, and how much a run may propose."""

    model_config = SettingsConfigDict(env_prefix="PAWL_MINER_", extra="ignore", frozen=True)

    poll_seconds: Annotated[float, Field(gt=0)] = 0.3
    proposals_max: Annotated[int, Field(ge=1, le=20)] = 3
    auto: bool = False
    quiet_seconds: Annotated[float, Field(gt=0)] = 600.0
    """An automatic run starts when clusters changed, and then did not for this long."""
    attempts_max: Annotated[int, Field(ge=1)] = 20
    """How often a run is tried when a service that it asks answers with an error."""
