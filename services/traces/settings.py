"""Keys of the trace store: `PAWL_TRACES_...`."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.runtime import ServiceSettings


class TracesSettings(ServiceSettings):
    """What an operator may change."""

    model_config = SettingsConfigDict(env_prefix="PAWL_TRACES_", extra="ignore", frozen=True)

    quiet_seconds: Annotated[float, Field(gt=0, le=3600)] = 5.0
    """A trace whose root has ended is complete after this long without a span."""
    open_seconds_max: Annotated[float, Field(gt=0)] = 600.0
    """A trace whose root never came is called complete after this long."""
    remember_seconds: Annotated[float, Field(gt=0)] = 900.0
    """How long the working table keeps a complete trace; ClickHouse keeps its revision after."""
    batch_records_max: Annotated[int, Field(ge=1, le=100_000)] = 2000
    batch_wait_seconds: Annotated[float, Field(ge=0, le=10)] = 0.1
    batch_bytes_max: Annotated[int, Field(ge=1_000_000)] = 32_000_000
    """A delivery above this size is normalised and inserted in several parts."""
    retention_days: Annotated[int, Field(ge=1, le=36_500)] = 90
    retention_days_by_project: dict[str, Annotated[int, Field(ge=1, le=36_500)]] = {}
    """JSON object, e.g. {"staging": 7}: these projects keep their spans for another time."""
    prices_file: Path | None = None
    """YAML price table that replaces the shipped one."""
    clickhouse_cluster: str = ""
    """Name for ON CLUSTER; tables then use Replicated engines. Empty: one server, or chDB."""
    query_seconds_max: Annotated[float, Field(gt=0, le=600)] = 20.0
    find_seconds_max: Annotated[float, Field(gt=0, le=60)] = 5.0
    jq_seconds_max: Annotated[float, Field(gt=0, le=60)] = 5.0
    jq_bytes_max: Annotated[int, Field(ge=1_000_000)] = 512_000_000
    """Address space of one jq run."""
