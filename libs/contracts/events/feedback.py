"""What a person said of a run."""

from typing import Literal

from pydantic import JsonValue

from libs.contracts.base import Event, Timestamp

FeedbackKind = Literal["thumb", "label", "correction", "override", "confirmation"]


class FeedbackRecorded(Event):
    """`expected` is the answer the person wanted: the label of an example for experiments.

    `override` says the agent was wrong, `confirmation` that it was right.
    `example_key` names the input (a request id): the same input in a later run is the same example.
    """

    feedback_id: str
    project: str
    agent: str | None = None
    trace_id: str
    span_id: str | None = None
    session_id: str | None = None
    kind: FeedbackKind
    author: str
    expected: JsonValue = None
    score: float | None = None
    reason: str = ""
    precedent: str | None = None
    conditions: tuple[str, ...] = ()
    example_key: str | None = None
    recorded_at: Timestamp

    def natural_id(self) -> str:
        return f"feedback:{self.feedback_id}"

    def partition_key(self) -> str:
        """One order for all that people say of a project: reviews are counted in it."""
        return self.project
