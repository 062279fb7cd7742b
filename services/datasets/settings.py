"""Keys of datasets, all with the prefix `PAWL_DATASETS_`."""

import socket
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.runtime import ServiceSettings


class DatasetsSettings(ServiceSettings):
    """How waiting feedback is worked off."""

    model_config = SettingsConfigDict(env_prefix="PAWL_DATASETS_", extra="ignore", frozen=True)

    poll_seconds: Annotated[float, Field(gt=0)] = 0.2
    batch: Annotated[int, Field(ge=1, le=1000)] = 100
    parallel: Annotated[int, Field(ge=1, le=64)] = 8
    """Traces that are read at once."""
    lease_seconds: Annotated[float, Field(gt=1)] = 60.0
    """How long a batch may take before another replica takes it up."""
    worker: str = Field(default_factory=socket.gethostname, min_length=1, max_length=200)
    """Who holds a batch; a process that is restarted under its name goes on at once."""
