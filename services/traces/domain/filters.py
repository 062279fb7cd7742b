"""What a caller may narrow traces and spans by. Lists mean any of; different fields mean all of."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from libs.contracts.base import Model, Timestamp

Text = Annotated[str, StringConstraints(max_length=4096)]
Texts = Annotated[tuple[Text, ...], Field(max_length=100)]
Status = Literal["UNSET", "OK", "ERROR"]
# What a nanosecond column can hold.
EARLIEST, LATEST = datetime.min.replace(year=1900), datetime.min.replace(year=2262)


class AttributeFilter(Model):
    """One attribute: equal to `equals`, or merely present when `equals` is None."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[str, Field(min_length=1, max_length=1000)]
    equals: Annotated[str, Field(max_length=10_000)] | None = None


class SpanFilter(Model):
    """Which spans. Times bound the span's start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: Texts = ()
    trace_id: Annotated[tuple[str, ...], Field(max_length=1000)] = ()
    start: Timestamp | None = None
    end: Timestamp | None = None
    name: Texts = ()
    kind: Texts = ()
    status: tuple[Status, ...] = ()
    session_id: Texts = ()
    user_id: Texts = ()
    agent: Texts = ()
    model: Texts = ()
    provider: Texts = ()
    tool_name: Texts = ()
    config_digest: Texts = ()
    attribute: Annotated[tuple[AttributeFilter, ...], Field(max_length=20)] = ()
    duration_ms_min: Annotated[float, Field(ge=0)] | None = None
    duration_ms_max: Annotated[float, Field(ge=0)] | None = None


class TraceFilter(Model):
    """Which traces. The span part asks for a trace in which one span fits all of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: Texts = ()
    start: Timestamp | None = None
    end: Timestamp | None = None
    span: SpanFilter = SpanFilter()
    root_name: Texts = ()
    status: tuple[Status, ...] = ()
    duration_ms_min: float | None = None
    duration_ms_max: float | None = None
    tokens_min: int | None = None
    tokens_max: int | None = None
    cost_usd_min: float | None = None
    cost_usd_max: float | None = None
    errors_min: int | None = None
    evaluator: str | None = None
    evaluation_label: str | None = None


def parse_attribute(text: str) -> AttributeFilter:
    """`key=value`, or `key` alone for any value."""
    key, equals, value = text.partition("=")
    return AttributeFilter(key=key, equals=value if equals else None)
