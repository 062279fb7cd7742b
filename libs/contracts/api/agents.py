"""`/api/v1/agents` on runtime_config: what agents pull and report."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from libs.contracts.base import Model, Timestamp
from libs.contracts.events.config import Canary

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Generation = Annotated[int, Field(ge=0, lt=2**31, strict=True)]


class ChannelPointer(Model):
    """`GET /api/v1/agents/{agent}/channels/{channel}`, its ETag and each SSE `pointer` event."""

    agent: str
    channel: str
    generation: int
    digest: str
    canary: Canary | None = None
    moved_at: Timestamp


class StatusReport(Model):
    """`POST /api/v1/agents/{agent}/instances/{instance_id}/status`: ACK or NACK."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
    desired_digest: Digest
    desired_generation: Generation
    applied_digest: Digest | None
    applied_generation: Generation | None
    state: Literal["applied", "refused", "stopped"]
    error: Annotated[str, Field(max_length=10_000)] = ""
    replay_url: Annotated[str, Field(pattern=r"^https?://", max_length=2000)] | None = None
    sdk_version: Annotated[str, Field(max_length=100)]


class InstanceView(Model):
    """`GET /api/v1/agents/{agent}/instances`."""

    agent: str
    instance_id: str
    channel: str
    desired_generation: int
    applied_generation: int | None
    applied_digest: str | None
    state: str
    error: str
    replay_url: str | None
    reported_at: Timestamp
