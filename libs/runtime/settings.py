"""Settings come from the environment, are validated at start, and name what is wrong."""

from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from libs.runtime.errors import StartupError

S = TypeVar("S", bound=BaseSettings)


class ServiceSettings(BaseSettings):
    """Base of a service's own keys. Each subclass sets its prefix: `PAWL_<SERVICE>_`."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)


class RuntimeSettings(BaseSettings):
    """Keys that every service shares."""

    model_config = SettingsConfigDict(env_prefix="PAWL_", extra="ignore", frozen=True)

    home: Path = Path("var/pawl")
    host: str = "127.0.0.1"
    port: int = 8080
    eventlog: Literal["embedded", "kafka"] = "embedded"
    kafka_bootstrap: str = "127.0.0.1:9092"
    kafka_session_seconds: float = 10.0
    """A consumer that is silent for so long is taken for dead: its partitions go to others."""
    kafka_publish_seconds: float = Field(default=20.0, gt=0)
    """How long a message may wait for the broker; then whoever sent it is told to try again."""
    database_url: str = ""
    """Empty: SQLite at `home`/<service>.db. Cluster: postgresql+asyncpg://..."""
    clickhouse_dsn: str = ""
    """Empty: chDB at `home`/chdb. Cluster: clickhouse://..."""
    redis_url: str = ""
    keys_file: Path | None = None
    """API keys (libs/runtime/keys.py says how it looks). None: everyone may do everything."""
    internal_key: str = ""
    """The secret with which Pawl's own services call each other when there is a keys file."""
    trace_endpoint: str = ""
    """OTLP/HTTP address for Pawl's own spans, e.g. Pawl's own door; empty: none are exported."""
    trace_rate: float = Field(default=1.0, ge=0.0, le=1.0)
    """The share of requests from outside that begin a trace of their own."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    shutdown_seconds: float = 8.0
    retry_attempts_max: int = 6
    retry_seconds_max: float = 10.0
    outage_seconds_max: float = 900.0
    """How long a message waits while what it needs is away, before its topic's policy applies."""
    dead_letters_max: int = 100
    dead_letters_window_seconds: float = 60.0


def load_settings(kind: type[S], **overrides: Any) -> S:
    """Read settings or raise `StartupError` that names each bad key and what was expected."""
    try:
        return kind(**overrides)
    except ValidationError as error:
        prefix = kind.model_config.get("env_prefix", "")
        lines = [
            "  "
            + (prefix + "_".join(str(part) for part in item["loc"])).upper()
            + f": {item['msg']} (got {item.get('input')!r})"
            for item in error.errors()
        ]
        raise StartupError("settings are not valid:\n" + "\n".join(lines)) from error
