"""Evaluations and feedback: Arrow columns in, API views out."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pyarrow as pa

from libs.contracts.api import EvaluationView, FeedbackView
from libs.contracts.events import EvaluationRecorded, FeedbackRecorded
from libs.storage.clickhouse import ClickHouse
from services.traces.adapters.columns import clean
from services.traces.adapters.conditions import Conditions

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
REVISION_MAX = 4095
"""Above the 52 bits of the time there is room for no more."""
MICROSECONDS = pa.timestamp("us", "UTC")
EVALUATION_TEXTS = (
    "project",
    "evaluation_id",
    "target",
    "evaluator",
    "evaluator_version",
    "kind",
    "status",
    "explanation",
    "span_id",
    "session_id",
    "agent",
    "config_digest",
)
FEEDBACK_TEXTS = (
    "project",
    "feedback_id",
    "kind",
    "author",
    "reason",
    "span_id",
    "session_id",
    "agent",
    "precedent",
    "example_key",
)

EVALUATIONS = """
    SELECT project, evaluation_id, lower(hex(trace_id)), span_id, evaluator, evaluator_version,
           kind, status, label, score, passed, explanation, evidence, evaluated_at
    FROM evaluations FINAL PREWHERE %s
    ORDER BY evaluated_at, evaluation_id"""
FEEDBACK = """
    SELECT project, feedback_id, lower(hex(trace_id)), span_id, kind, author, expected, score,
           reason, precedent, conditions, example_key, recorded_at
    FROM feedback FINAL PREWHERE %s
    ORDER BY recorded_at, feedback_id"""


def evaluation_columns(
    events: Sequence[EvaluationRecorded], retention_days: Callable[[str], int]
) -> pa.Table:
    """Columns of the `evaluations` table."""
    columns = _shared(events, EVALUATION_TEXTS)
    columns["label"] = pa.array([_clean(event.label) for event in events], pa.string())
    columns["score"] = pa.array([event.score for event in events], pa.float64())
    columns["passed"] = pa.array([event.passed for event in events], pa.bool_())
    columns["evidence"] = pa.array(
        [orjson.dumps([q.model_dump() for q in event.evidence]).decode() for event in events],
        pa.string(),
    )
    columns["trace_revision"] = pa.array([e.trace_revision for e in events], pa.uint32())
    times = [event.evaluated_at for event in events]
    columns["evaluated_at"] = pa.array(times, MICROSECONDS)
    versions = [_version(e.evaluated_at, e.trace_revision) for e in events]
    columns["version"] = pa.array(versions, pa.uint64())
    expires = [
        event.evaluated_at.date().toordinal() - EPOCH_ORDINAL + retention_days(event.project)
        for event in events
    ]
    columns["expires_at"] = pa.array(expires, pa.int32()).cast(pa.date32())
    return pa.table(columns)


def feedback_columns(events: Sequence[FeedbackRecorded]) -> pa.Table:
    """Columns of the `feedback` table; what people said is kept for good."""
    columns = _shared(events, FEEDBACK_TEXTS)
    columns["expected"] = pa.array([orjson.dumps(e.expected).decode() for e in events], pa.string())
    columns["score"] = pa.array([event.score for event in events], pa.float64())
    columns["conditions"] = pa.array(
        [[clean(text) for text in event.conditions] for event in events], pa.list_(pa.string())
    )
    times = [event.recorded_at for event in events]
    columns["recorded_at"] = pa.array(times, MICROSECONDS)
    columns["version"] = pa.array([_version(time) for time in times], pa.uint64())
    return pa.table(columns)


def _shared(events: Sequence[Any], names: Sequence[str]) -> dict[str, pa.Array]:
    columns = {
        name: pa.array([clean(getattr(event, name) or "") for event in events], pa.string())
        for name in names
    }
    columns["trace_id"] = pa.array([bytes.fromhex(e.trace_id) for e in events], pa.binary(16))
    return columns


def _clean(text: str | None) -> str | None:
    return None if text is None else clean(text)


def _version(time: datetime, revision: int = 0) -> int:
    """The revision of the trace counts before the time: a clock may have been put back."""
    return min(revision, REVISION_MAX) << 52 | max(0, int(time.timestamp() * 1_000_000))


async def evaluations_of(store: ClickHouse, where: Conditions) -> dict[str, list[EvaluationView]]:
    """What evaluators said of a trace, oldest first, by project."""
    found: dict[str, list[EvaluationView]] = {}
    for project, *row in await store.rows(EVALUATIONS % where.sql, where.parameters):
        found.setdefault(project, []).append(_evaluation(row))
    return found


def _evaluation(row: Sequence[Any]) -> EvaluationView:
    return EvaluationView(
        evaluation_id=row[0],
        trace_id=row[1],
        span_id=row[2] or None,
        evaluator=row[3],
        evaluator_version=row[4],
        kind=row[5],
        status=row[6],
        label=row[7],
        score=row[8],
        passed=row[9],
        explanation=row[10],
        evidence=orjson.loads(row[11] or "[]"),
        evaluated_at=_utc(row[12]),
    )


async def feedback_of(store: ClickHouse, where: Conditions) -> dict[str, list[FeedbackView]]:
    """What people said of a trace, oldest first, by project."""
    found: dict[str, list[FeedbackView]] = {}
    for project, *row in await store.rows(FEEDBACK % where.sql, where.parameters):
        found.setdefault(project, []).append(_feedback(row))
    return found


def _feedback(row: Sequence[Any]) -> FeedbackView:
    return FeedbackView(
        feedback_id=row[0],
        trace_id=row[1],
        span_id=row[2] or None,
        kind=row[3],
        author=row[4],
        expected=orjson.loads(row[5] or "null"),
        score=row[6],
        reason=row[7],
        precedent=row[8] or None,
        conditions=tuple(row[9]),
        example_key=row[10] or None,
        recorded_at=_utc(row[11]),
    )


def _utc(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)
