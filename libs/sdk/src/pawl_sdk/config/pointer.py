"""What the registry says an agent should run."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pawl_sdk.bundle.model import DIGEST
from pawl_sdk.bundle.share import in_share

Digest = Annotated[str, Field(pattern=DIGEST)]


class Canary(BaseModel):
    """Runs whose key falls under `weight` get this digest."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    digest: Digest
    weight: Annotated[float, Field(ge=0, le=1)]
    salt: str


class Pointer(BaseModel):
    """The state of a channel. `generation` only grows; a rollback is a new generation too."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    agent: str
    channel: str
    generation: Annotated[int, Field(ge=1)]
    digest: Digest
    canary: Canary | None = None


def in_canary(canary: Canary, key: str) -> bool:
    """Sticky: the same key gets the same answer on every instance while the salt stays."""
    return in_share(canary.salt, key, canary.weight)
