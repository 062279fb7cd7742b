"""Labelled examples: `GET /api/v1/examples` on experiments. Only the mine split is ever listed."""

from typing import Any

from pydantic import JsonValue

from libs.contracts.base import Model
from libs.contracts.splits import Split


class ExampleView(Model):
    """An input with the answer a person wanted, and what the agent saw and said last.

    `expected` and `answered` are bare labels (the value of the task's label field, e.g. "approve");
    `answered` is None when the run gave no answer.
    """

    example_key: str
    agent: str
    group: str
    split: Split
    trace_id: str
    input: JsonValue
    expected: JsonValue
    answered: JsonValue
    facts: dict[str, Any]
    """The `pawl.facts` of the run: the namespace of a rule's `when`."""
    reason: str = ""
    precedent: str | None = None
    config_digest: str | None = None


class SplitCount(Model):
    split: Split
    n: int
    correct: int | None
    """Examples whose last answer, at the digest asked for, is the expected one. On the sealed split
    None (as agreement and interval) for a caller without the scope `review`: a miner's key may not
    learn from it."""
    agreement: float | None
    ci_low: float | None
    ci_high: float | None


class ExampleCounts(Model):
    """`GET /api/v1/examples/counts?agent=&config_digest=`: figures, never contents."""

    agent: str
    config_digest: str | None
    pending: int
    """Feedback that is no example yet."""
    pending_because: tuple[str, ...] = ()
    """Why it still waits: what holds up most of it first."""
    splits: tuple[SplitCount, ...]
