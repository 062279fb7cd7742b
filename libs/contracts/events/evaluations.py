"""One evaluator's result on one span, trace or session."""

from typing import Literal

from libs.contracts.base import Event, Model, Timestamp

Target = Literal["span", "trace", "session"]


class Quote(Model):
    """Evidence: words that stand in the trace, and where."""

    span_id: str
    field: str
    text: str


class EvaluationRecorded(Event):
    """`passed` is None when the label is neither good nor bad, or when `status` is error."""

    evaluation_id: str
    project: str
    agent: str | None = None
    trace_id: str
    span_id: str | None = None
    session_id: str | None = None
    target: Target
    evaluator: str
    evaluator_version: str
    kind: Literal["code", "judge"]
    status: Literal["ok", "error"]
    label: str | None = None
    score: float | None = None
    passed: bool | None = None
    explanation: str = ""
    evidence: tuple[Quote, ...] = ()
    config_digest: str | None = None
    trace_revision: int = 1
    evaluated_at: Timestamp
    run_started_at: Timestamp | None = None
    """When the trace began, by the agent's clock. A trace may be judged long after."""

    def natural_id(self) -> str:
        return f"evaluation:{self.evaluation_id}"

    def partition_key(self) -> str:
        return self.trace_id
