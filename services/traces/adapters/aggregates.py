"""Aggregates as one SELECT over `spans FINAL`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from libs.runtime.auth import Principal
from libs.storage.clickhouse import ClickHouse
from services.traces.adapters.conditions import Conditions, nanoseconds, scope, span_conditions
from services.traces.domain.aggregate import ATTRIBUTE, RESOURCE, AggregatePosted, Measure

Grouped = tuple[dict[str, Any], datetime | None, dict[str, Any]]


async def aggregate(
    store: ClickHouse, principal: Principal, asked: AggregatePosted, seconds_max: float
) -> list[Grouped]:
    """Groups with their figures: up to one more than `limit`, which tells that there are more."""
    conditions = Conditions()
    scope(conditions, principal, asked.filter.project)
    span_conditions(conditions, asked.filter)
    groups = [_group(conditions, name) for name in asked.group_by]
    bucket = _bucket(asked)
    seconds = conditions.bind(_seconds(asked), "Float64")
    figures = [_figure(conditions, measure, seconds) for measure in asked.measures]
    keys = [f"g{index}" for index in range(len(groups))] + (["bucket"] if bucket else [])
    parts = [f"{sql} AS g{index}" for index, sql in enumerate(groups)]
    parts += [f"{bucket} AS bucket"] if bucket else []
    parts += [f"{sql} AS m{index}" for index, sql in enumerate(figures)]
    limit = conditions.bind(asked.limit + 1, "UInt32")
    rows = await store.rows(
        f"SELECT {', '.join(parts)} FROM spans FINAL WHERE {conditions.sql}"
        f"{' GROUP BY ' + ', '.join(keys) if keys else ''}"
        f"{_order(asked, keys)} LIMIT {limit}",
        conditions.parameters,
        seconds_max=seconds_max,
    )
    return [_grouped(asked, row) for row in rows]


def _group(conditions: Conditions, name: str) -> str:
    """Texts, so that every group has one type in the answer; no value is the empty text."""
    if name.startswith(ATTRIBUTE):
        return f"attributes_short[{conditions.bind(name.removeprefix(ATTRIBUTE), 'String')}]"
    if name.startswith(RESOURCE):
        key = conditions.bind(name.removeprefix(RESOURCE), "String")
        return f"JSONExtractString(resource, {key})"
    return "lower(hex(trace_id))" if name == "trace_id" else f"toString({name})"


def _number(conditions: Conditions, name: str) -> str:
    if name.startswith((ATTRIBUTE, RESOURCE)):
        return f"toFloat64OrNull({_group(conditions, name)})"
    return name


def _figure(conditions: Conditions, measure: Measure, seconds: str) -> str:
    plain = {
        "count": "count()",
        "traces": "uniqExact(project, trace_id)",
        "errors": "countIf(status = 'ERROR')",
        "error_rate": "countIf(status = 'ERROR') / count()",
        "rate": f"count() / {seconds}",
    }
    if measure.op in plain:
        return plain[measure.op]
    name = measure.field or ""
    if measure.op == "distinct":
        return f"uniqExact({_group(conditions, name)})"
    value = _number(conditions, name)
    if measure.op == "quantiles":
        levels = ", ".join(f"{level:.6f}" for level in measure.quantiles)
        return f"quantilesExact({levels})({value})"
    return f"{measure.op}OrNull({value})"


def _bucket(asked: AggregatePosted) -> str:
    if asked.time_bucket_seconds is None:
        return ""
    size = asked.time_bucket_seconds
    return f"intDiv(toUnixTimestamp64Nano(started_at), 1000000000 * {size}) * {size}"


def _seconds(asked: AggregatePosted) -> float:
    """The time that a rate is over."""
    if asked.time_bucket_seconds:
        return float(asked.time_bucket_seconds)
    if asked.filter.start and asked.filter.end:
        both = nanoseconds(asked.filter.end) - nanoseconds(asked.filter.start)
        return max(1e-9, both / 1e9)
    return 1.0


def _order(asked: AggregatePosted, keys: Sequence[str]) -> str:
    parts = []
    if asked.order_by is not None:
        labels = [measure.label for measure in asked.measures]
        parts.append(f"m{labels.index(asked.order_by)} DESC")
    parts += sorted(keys)  # the bucket before the groups
    return f" ORDER BY {', '.join(parts)}" if parts else ""


def _grouped(asked: AggregatePosted, row: Sequence[Any]) -> Grouped:
    count = len(asked.group_by)
    group = dict(zip(asked.group_by, row[:count], strict=True))
    time = None
    if asked.time_bucket_seconds is not None:
        time = datetime.fromtimestamp(row[count], UTC)
        count += 1
    labels = [measure.label for measure in asked.measures]
    values = {
        label: [_finite(one) for one in value]
        if isinstance(value, list | tuple)
        else _finite(value)
        for label, value in zip(labels, row[count:], strict=True)
    }
    return group, time, values


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity."""
    if isinstance(value, float) and not -1e308 < value < 1e308:
        return None
    return value
