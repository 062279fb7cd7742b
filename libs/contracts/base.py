"""What every event and API model has in common."""

from abc import abstractmethod
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("expected a time with a zone, for example 2026-01-31T12:00:00Z")
    return value


Timestamp = Annotated[datetime, AfterValidator(_utc)]


class Model(BaseModel):
    """Frozen; unknown fields are ignored so that additive changes keep the version."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Model):
    """A fact in the past tense. `natural_id` is equal for every copy of the same fact."""

    @abstractmethod
    def natural_id(self) -> str:
        """Deterministic id; becomes `ce_id` and the key of the consumer's inbox."""

    @abstractmethod
    def partition_key(self) -> str:
        """Events with equal keys are delivered in order."""
