"""`/api/v1/agents` on runtime_config: what agents pull and report."""

from typing import Literal

from pydantic import ConfigDict

from libs.contracts.base import Model, Timestamp
from libs.contracts.events.config import Canary


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

    channel: str
    desired_digest: str
    desired_generation: int
    applied_digest: str | None
    applied_generation: int | None
    state: Literal["applied", "refused", "stopped"]
    error: str = ""
    replay_url: str | None = None
    sdk_version: str


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
