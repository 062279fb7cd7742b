"""What a caller may narrow traces and spans by. Lists mean any of; different fields mean all of."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from libs.contracts.base import Model, Timestamp

Text = Annotated[str, StringConstraints(max_length=4096)]
HexId = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{32}$")]
Texts = Annotated[tuple[Text, ...], Field(max_length=100)]
Status = Literal["UNSET", "OK", "ERROR"]


def _no_number(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and DATE_TIME.match(value)):
        return value
    raise ValueError("expected a time as in RFC 3339, for example 2026-01-31T12:00:00Z")


# As the description says: false is no number, and a number is no time.
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")
Time = Annotated[Timestamp, BeforeValidator(_no_number)]
Number = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]


class AttributeFilter(Model):
    """One attribute: equal to `equals`, or merely present when `equals` is None."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[str, Field(min_length=1, max_length=1000)]
    equals: Annotated[str, Field(max_length=10_000)] | None = None


class SpanFilter(Model):
    """Which spans. Times bound the span's start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: Texts = ()
    trace_id: Annotated[tuple[HexId, ...], Field(max_length=1000)] = ()
    start: Time | None = None
    end: Time | None = None
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
    duration_ms_min: Number | None = None
    duration_ms_max: Number | None = None


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
