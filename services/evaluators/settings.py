"""Keys of the evaluators service."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.runtime.settings import ServiceSettings


class EvaluatorsSettings(ServiceSettings):
    """Budgets of the checks, sampling, and how much is read at once."""

    model_config = SettingsConfigDict(env_prefix="PAWL_EVALUATORS_", extra="ignore", frozen=True)

    latency_budget_seconds: Annotated[float, Field(gt=0)] = 60.0
    token_budget: Annotated[int, Field(gt=0)] = 100_000
    repeated_calls_max: Annotated[int, Field(ge=2)] = 3
    sampling_rate: Annotated[float, Field(ge=0, le=1)] = 1.0
    batch_records_max: Annotated[int, Field(ge=1)] = 300
    read_traces_max: Annotated[int, Field(ge=1, le=500)] = 300
    """Of one request to the trace store."""
