"""Releases and channel moves."""

from libs.contracts.base import Event, Model, Timestamp


class ConfigReleased(Event):
    """An approved bundle in order. The audit log: never compacted."""

    agent: str
    sequence: int
    digest: str
    commit: str
    proposal_id: str | None = None
    experiment_id: str | None = None
    approved_by: str
    released_at: Timestamp

    def natural_id(self) -> str:
        return f"release:{self.agent}:{self.sequence}"

    def partition_key(self) -> str:
        return self.agent


class Canary(Model):
    """Runs with hash(salt, key) < weight get `digest` instead of the channel's."""

    digest: str
    weight: float
    salt: str


class ConfigChannelMoved(Event):
    """The pointer after a move; `generation` only ever grows, also on rollback."""

    agent: str
    channel: str
    generation: int
    digest: str
    previous_digest: str | None = None
    canary: Canary | None = None
    moved_by: str
    reason: str
    moved_at: Timestamp

    def natural_id(self) -> str:
        return f"channel:{self.agent}:{self.channel}:{self.generation}"

    def partition_key(self) -> str:
        return f"{self.agent}/{self.channel}"
