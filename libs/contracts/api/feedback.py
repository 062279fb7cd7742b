"""Posting feedback: `POST /api/v1/feedback` on traces."""

from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue

from libs.contracts.base import Model
from libs.contracts.events.feedback import FeedbackKind


class FeedbackPosted(Model):
    """What a person posts. The same `feedback_id` posted twice is one piece of feedback."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feedback_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    project: Annotated[str, Field(min_length=1, max_length=200)]
    agent: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    trace_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    span_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None
    session_id: Annotated[str, Field(max_length=1000)] | None = None
    kind: FeedbackKind
    author: Annotated[str, Field(min_length=1, max_length=200)]
    expected: JsonValue = None
    score: Annotated[float, Field(ge=-1, le=1, strict=True)] | None = None
    reason: Annotated[str, Field(max_length=10_000)] = ""
    precedent: Annotated[str, Field(max_length=200)] | None = None
    conditions: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    example_key: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class FeedbackAccepted(Model):
    """202: written to the log."""

    feedback_ids: tuple[str, ...]
