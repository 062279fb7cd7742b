"""Filters as SQL conditions with bound parameters."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from libs.runtime.auth import Principal
from services.traces.adapters.columns import INPUT_KEY, OUTPUT_KEY, SHORT_CHARS_MAX
from services.traces.domain.filters import AttributeFilter, SpanFilter

EQUALS_ANY = (
    "name",
    "kind",
    "status",
    "session_id",
    "user_id",
    "agent",
    "model",
    "provider",
    "tool_name",
    "config_digest",
)
NANOSECONDS_MAX = 2**63 - 1


class Conditions:
    """Collects AND-ed conditions and their parameters."""

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}
        self._parts: list[str] = []

    def bind(self, value: Any, kind: str) -> str:
        """A placeholder for a new parameter."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"{{{name}:{kind}}}"

    def add(self, condition: str) -> None:
        self._parts.append(condition)

    def any_of(self, column: str, values: Iterable[str]) -> None:
        """No values: no condition."""
        if found := list(values):
            self.add(f"{column} IN {self.bind(found, 'Array(String)')}")

    def at_least(self, expression: str, value: float | int | None) -> None:
        if value is not None:
            self.add(f"{expression} >= {self.bind(value, 'Float64')}")

    def at_most(self, expression: str, value: float | int | None) -> None:
        if value is not None:
            self.add(f"{expression} <= {self.bind(value, 'Float64')}")

    def time(self, column: str, comparison: str, value: datetime | None) -> None:
        if value is not None:
            bound = self.bind(nanoseconds(value), "Int64")
            self.add(f"{column} {comparison} fromUnixTimestamp64Nano({bound})")

    @property
    def sql(self) -> str:
        return " AND ".join(f"({part})" for part in self._parts) or "1"

    @property
    def is_empty(self) -> bool:
        return not self._parts


def nanoseconds(time: datetime) -> int:
    """Since the epoch; clamped to what the column can hold."""
    delta = time - datetime(1970, 1, 1, tzinfo=UTC)
    exact = (delta.days * 86_400 + delta.seconds) * 1_000_000_000 + delta.microseconds * 1000
    return max(-NANOSECONDS_MAX // 4, min(exact, NANOSECONDS_MAX))


def scope(conditions: Conditions, principal: Principal, projects: Iterable[str]) -> None:
    """Never beyond the caller's projects, whatever was asked for."""
    asked = set(projects)
    if principal.projects is None:
        conditions.any_of("project", sorted(asked))
        return
    allowed = principal.projects & asked if asked else principal.projects
    conditions.add(f"project IN {conditions.bind(sorted(allowed), 'Array(String)')}")


def trace_ids(conditions: Conditions, ids: Iterable[str]) -> None:
    """Any of these traces."""
    bound = conditions.bind([one.lower() for one in ids], "Array(String)")
    conditions.add(f"trace_id IN (SELECT toFixedString(unhex(arrayJoin({bound})), 16))")


def span_conditions(conditions: Conditions, filter: SpanFilter) -> None:
    """Everything of the filter but the project."""
    for column in EQUALS_ANY:
        conditions.any_of(column, getattr(filter, column))
    if filter.trace_id:
        trace_ids(conditions, filter.trace_id)
    conditions.time("started_at", ">=", filter.start)
    conditions.time("started_at", "<", filter.end)
    conditions.at_least("duration_ms", filter.duration_ms_min)
    conditions.at_most("duration_ms", filter.duration_ms_max)
    for attribute in filter.attribute:
        conditions.add(attribute_condition(conditions, attribute))


def attribute_condition(conditions: Conditions, filter: AttributeFilter) -> str:
    """Short values from the map; long ones and lifted ones from where they are whole."""
    key = conditions.bind(filter.key, "String")
    column = {INPUT_KEY: "input", OUTPUT_KEY: "output"}.get(filter.key)
    if filter.equals is None:
        present = f"mapContains(attributes_short, {key}) OR JSONHas(attributes, {key})"
        return f"{present} OR has_{column}" if column else present
    value = conditions.bind(filter.equals, "String")
    if len(filter.equals) <= SHORT_CHARS_MAX:
        whole = f"(mapContains(attributes_short, {key}) AND attributes_short[{key}] = {value})"
    else:
        whole = f"JSONExtractString(attributes, {key}) = {value}"
    if column:
        return (
            f"{whole} OR (bitTest(lifted, {0 if column == 'input' else 1}) AND {column} = {value})"
        )
    return whole
