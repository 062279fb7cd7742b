"""Keys of the clustering service."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.runtime.settings import ServiceSettings


class ClusteringSettings(ServiceSettings):
    """How often clusters are found anew, and when a group of failures is one."""

    model_config = SettingsConfigDict(env_prefix="PAWL_CLUSTERING_", extra="ignore", frozen=True)

    refresh_seconds: Annotated[float, Field(gt=0)] = 2.0
    size_min: Annotated[int, Field(ge=1)] = 2
    conditions_max: Annotated[int, Field(ge=1, le=4)] = 3
    precision_min: Annotated[float, Field(gt=0, le=1)] = 0.7
    trend_days: Annotated[float, Field(gt=0)] = 7.0
