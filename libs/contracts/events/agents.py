"""What one running instance of an agent says of its config."""

from typing import Literal

from libs.contracts.base import Event, Timestamp

AgentState = Literal["applied", "refused", "stopped"]


class AgentStatusReported(Event):
    """ACK (`applied`) or NACK (`refused`, with `error`) of the desired generation."""

    agent: str
    channel: str
    instance_id: str
    desired_digest: str
    desired_generation: int
    applied_digest: str | None
    applied_generation: int | None
    state: AgentState
    error: str = ""
    replay_url: str | None = None
    """Where experiments may run this instance with a candidate bundle."""
    sdk_version: str
    reported_at: Timestamp

    def natural_id(self) -> str:
        at = self.reported_at.isoformat()
        return f"status:{self.instance_id}:{self.desired_generation}:{self.state}:{at}"

    def partition_key(self) -> str:
        return self.agent
