"""`parameters` of agent.yaml: figures that shift decisions without a rule."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Amount = Annotated[float, Field(strict=True, ge=0)]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]


class Parameters(BaseModel):
    """None takes the figure from the written policy."""

    model_config = ConfigDict(frozen=True)

    auto_max: Amount | None = None
    manager_max: Amount | None = None
    caution: Annotated[float, Field(strict=True, ge=-0.9, le=10)] = 0.0
    """Share added to every amount before it is compared."""
    confidence_min: Share = 0.0
    """A decision less sure than this goes to a person."""
    emergency_bypass: bool = True
