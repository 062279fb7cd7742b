"""A trace that is complete."""

from libs.contracts.base import Event, Timestamp


class TraceCompleted(Event):
    """Root ended and quiet. A late span publishes it again with a higher `revision`."""

    project: str
    trace_id: str
    agent: str | None = None
    session_id: str | None = None
    root_name: str
    started_at: Timestamp
    ended_at: Timestamp
    span_count: int
    error_count: int
    config_digest: str | None = None
    revision: int = 1

    def natural_id(self) -> str:
        return f"trace:{self.project}:{self.trace_id}:{self.revision}"

    def partition_key(self) -> str:
        return self.trace_id
