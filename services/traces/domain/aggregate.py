"""What may be counted over spans, and by what."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from libs.contracts.base import Model
from services.traces.domain.filters import SpanFilter

Operation = Literal[
    "count", "traces", "errors", "error_rate", "rate", "distinct", "avg", "sum", "min", "max"
]
GROUPABLE = (
    "project",
    "name",
    "kind",
    "family",
    "status",
    "session_id",
    "user_id",
    "agent",
    "config_digest",
    "model",
    "provider",
    "tool_name",
    "scope_name",
    "trace_id",
)
NUMERIC = (
    "duration_ms",
    "tokens_input",
    "tokens_output",
    "tokens_cache_read",
    "tokens_cache_write",
    "tokens_reasoning",
    "cost_usd",
)
ATTRIBUTE, RESOURCE = "attributes.", "resource."
NEEDS_FIELD = frozenset({"distinct", "avg", "sum", "min", "max", "quantiles"})
FieldName = Annotated[str, Field(min_length=1, max_length=1000)]


class Measure(Model):
    """One figure a group. `field` is a numeric field or `attributes.KEY`; see docs/api."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    op: Operation | Literal["quantiles"]
    field: FieldName | None = None
    quantiles: Annotated[
        tuple[Annotated[float, Field(ge=0, le=1, strict=True)], ...], Field(max_length=20)
    ] = (
        0.5,
        0.95,
        0.99,
    )
    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """How the answer calls it; by default `op` or `op_field`."""

    @property
    def label(self) -> str:
        """The name in the answer."""
        return self.name or (f"{self.op}_{self.field}" if self.field else self.op)

    @model_validator(mode="after")
    def _has_its_field(self) -> Self:
        if self.op in NEEDS_FIELD and self.field is None:
            raise ValueError(f"{self.op}: expected field beside it, for example duration_ms")
        if self.op not in NEEDS_FIELD and self.field is not None:
            raise ValueError(f"{self.op} takes no field, got {self.field!r}")
        if self.op == "quantiles" and not self.quantiles:
            raise ValueError("quantiles: expected at least one, for example [0.5, 0.95]")
        if self.field and self.op != "distinct" and not is_numeric(self.field):
            raise ValueError(_unknown(self.field, NUMERIC))
        if self.field and self.op == "distinct" and not is_groupable(self.field):
            raise ValueError(_unknown(self.field, GROUPABLE))
        return self


class AggregatePosted(Model):
    """Figures over the spans that fit the filter, by group and time bucket."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    filter: SpanFilter = SpanFilter()
    group_by: Annotated[tuple[FieldName, ...], Field(max_length=5)] = ()
    time_bucket_seconds: Annotated[int, Field(ge=1, le=366 * 86_400, strict=True)] | None = None
    measures: Annotated[tuple[Measure, ...], Field(min_length=1, max_length=20)] = (
        Measure(op="count"),
    )
    order_by: str | None = None
    """A measure's name, largest first; by default the time, then the groups."""
    limit: Annotated[int, Field(ge=1, le=10_000, strict=True)] = 1000

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name in self.group_by:
            if not is_groupable(name):
                raise ValueError(_unknown(name, GROUPABLE))
        labels = [measure.label for measure in self.measures]
        if len(set(labels)) < len(labels):
            raise ValueError(f"measures: expected different names, got {labels}")
        if self.order_by is not None and self.order_by not in labels:
            raise ValueError(f"order_by: expected one of {labels}, got {self.order_by!r}")
        ordered = next((m for m in self.measures if m.label == self.order_by), None)
        if ordered is not None and ordered.op == "quantiles":
            raise ValueError("order_by: quantiles are a list and have no order")
        timed = self.time_bucket_seconds or (self.filter.start and self.filter.end)
        if not timed and any(measure.op == "rate" for measure in self.measures):
            raise ValueError("rate: expected time_bucket_seconds, or filter.start and filter.end")
        return self


def is_groupable(name: str) -> bool:
    """A field with few values, or any attribute."""
    return name in GROUPABLE or _is_key(name)


def is_numeric(name: str) -> bool:
    """A field that holds numbers, or any attribute."""
    return name in NUMERIC or _is_key(name)


def _is_key(name: str) -> bool:
    return any(name.startswith(p) and len(name) > len(p) for p in (ATTRIBUTE, RESOURCE))


def _unknown(name: str, known: tuple[str, ...]) -> str:
    return f"expected one of {', '.join(known)}, attributes.KEY or resource.KEY; got {name!r}"
