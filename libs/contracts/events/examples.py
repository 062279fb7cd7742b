"""A review became a labelled example."""

from pydantic import JsonValue

from libs.contracts.base import Event, Timestamp


class ExampleRecorded(Event):
    """A person's word on a run has its place in the agent's log of reviews.

    `position` grows by one with every review of the agent and is never given twice; whoever has
    seen a position can read every review before it. The example itself (input, facts, reason) is
    read from datasets: `GET /api/v1/examples?agent=&after=&through=`. `expected` and `answered` are
    bare labels, `answered` is None when the run gave no answer.
    """

    agent: str
    position: int
    review_id: str
    """The id of the feedback."""
    example_key: str
    """Equal for the same input in later runs."""
    project: str
    group: str
    trace_id: str
    expected: JsonValue
    answered: JsonValue
    config_digest: str | None = None
    """What the agent ran with."""
    recorded_at: Timestamp
    """When the person said it."""

    def natural_id(self) -> str:
        return f"example:{self.review_id}"

    def partition_key(self) -> str:
        return self.agent
