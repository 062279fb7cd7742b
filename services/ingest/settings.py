"""The door's own keys."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from libs.runtime import ServiceSettings

MIB = 1 << 20
Bytes = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0)]


class IngestSettings(ServiceSettings):
    """Sizes are bytes of one request unless the name says otherwise."""

    model_config = SettingsConfigDict(env_prefix="PAWL_INGEST_", extra="ignore", frozen=True)

    otlp_grpc_host: str = ""
    """Empty: the same as PAWL_HOST."""
    otlp_grpc_port: Annotated[int, Field(ge=0, le=65535)] = 4317
    """0 takes a free port."""
    otlp_grpc_enabled: bool = True
    body_bytes_max: Bytes = 20 * MIB
    """As it comes over the wire, perhaps compressed."""
    decoded_bytes_max: Bytes = 64 * MIB
    """After decompression."""
    json_bytes_max: Bytes = 16 * MIB
    """JSON takes some twenty times its size while it is converted."""
    span_bytes_max: Bytes = 16 * MIB
    head_bytes_max: Bytes = 256 * 1024
    """A resource or a scope: it is repeated in the message of every trace."""
    message_bytes_max: Bytes = 900_000
    """A trace's spans go into the log in messages of about this size."""
    spans_max: Annotated[int, Field(gt=0)] = 50_000
    in_flight_bytes_max: Bytes = 256 * MIB
    """Of all requests together; beyond it requests are asked to come back later."""
    retry_after_seconds: Seconds = 1.0
    body_seconds_max: Seconds = 30.0
    """A body that takes longer to arrive is given up."""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins whose pages may send from a browser, with commas between them; `*` is every page."""
    redaction_file: Path | None = None
    """Rules that edit spans before they are written (services/ingest/README.md)."""

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        origins = tuple(one.strip() for one in value.split(",") if one.strip())
        for one in origins:
            if one != "*" and not re.fullmatch(r"https?://[^/\s*]+", one):
                raise ValueError(f"expected origins such as https://shop.example, came {one!r}")
        return origins

    @model_validator(mode="after")
    def _fits(self) -> "IngestSettings":
        if self.in_flight_bytes_max < self.body_bytes_max + self.decoded_bytes_max:
            raise ValueError("in_flight_bytes_max must hold one body_bytes_max + decoded_bytes_max")
        return self
