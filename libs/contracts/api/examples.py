"""Labelled examples: `GET /api/v1/examples` and `GET /api/v1/examples/counts` on datasets."""

from typing import Any

from pydantic import JsonValue

from libs.contracts.base import Model, Timestamp


class ExampleView(Model):
    """One review: an input with the answer a person wanted, and what the agent saw and said.

    `expected` and `answered` are bare labels (the value of the task's label field, e.g. "approve");
    `answered` is None when the run gave no answer. The same `example_key` judged again is another
    review, at a later position.
    """

    position: int
    """Its place in the agent's log of reviews, from 1; pages are read on from after a position."""
    review_id: str
    example_key: str
    agent: str
    group: str
    trace_id: str
    input: JsonValue
    expected: JsonValue
    answered: JsonValue
    base: JsonValue = None
    """What the agent said by itself, before any rule (`draft.<label>` of its facts); None where the
    run does not say."""
    facts: dict[str, Any]
    """The `pawl.facts` of the run: the namespace of a rule's `when`."""
    reason: str = ""
    precedent: str | None = None
    config_digest: str | None = None
    recorded_at: Timestamp


class ExampleCounts(Model):
    """`GET /api/v1/examples/counts?agent=&config_digest=`: figures, never contents.

    An example counts once, by its last review; with a digest, by its last review of an answer that
    was given under it. The interval is Wilson's, 95 %; without examples there is no agreement.
    """

    agent: str
    config_digest: str | None
    n: int = 0
    correct: int = 0
    agreement: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    reviews: int = 0
    """How many reviews there are of these examples, repeated ones included."""
    head: int = 0
    """The largest position of the agent's log, whatever the digest; 0 before the first review."""
    pending: int
    """Feedback that is no example yet."""
    pending_because: tuple[str, ...] = ()
    """Why it still waits: what holds up most of it first."""
