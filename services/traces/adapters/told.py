"""Evaluation results that senders put on their spans (`gen_ai.evaluation.result`)."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson
import pyarrow as pa

from services.traces.adapters.columns import Stored, texts
from services.traces.adapters.judgements import MICROSECONDS
from services.traces.domain.span import SpanRow

KIND = "sender"
"""Beside `code` and `judge`: Pawl did not evaluate, it was told."""


def told_columns(spans: Sequence[Stored], retention_days: Callable[[str], int]) -> pa.Table:
    """Columns of the `evaluations` table. The same result told twice has one id."""
    found = [(span, result) for span in spans for result in _results(span.row)]
    rows = [span.row for span, _ in found]
    results = [result for _, result in found]
    names = [str(result.get("name") or "unnamed") for result in results]
    columns = {
        "project": texts([row.project for row in rows]),
        "trace_id": pa.array([bytes.fromhex(row.trace_id) for row in rows], pa.binary(16)),
        "evaluation_id": texts([_id(span.row, result) for span, result in found]),
        "span_id": texts([_span_id(row) for row in rows]),
        "session_id": texts([row.session_id or "" for row in rows]),
        "agent": texts([row.agent or "" for row in rows]),
        "config_digest": texts([row.config_digest or "" for row in rows]),
        "evaluator": texts(names),
        "label": pa.array([_text(result.get("label")) for result in results], pa.string()),
        "score": pa.array([_score(result.get("score")) for result in results], pa.float64()),
        "explanation": texts([_text(result.get("explanation")) or "" for result in results]),
        "evaluated_at": pa.array([span.received_ms * 1000 for span, _ in found], pa.int64()).cast(
            MICROSECONDS
        ),
        "version": pa.array([span.version for span, _ in found], pa.uint64()),
        "expires_at": pa.array(
            [s.received_ms // 86_400_000 + retention_days(s.row.project) for s, _ in found],
            pa.int32(),
        ).cast(pa.date32()),
    }
    fixed = {"target": "span", "evaluator_version": "", "kind": KIND, "status": "ok"}
    for name, value in fixed.items():
        columns[name] = pa.array([value] * len(found), pa.string())
    return pa.table(columns)


def _results(row: SpanRow) -> Iterator[dict[str, Any]]:
    for result in orjson.loads(row.evaluations_json or "[]"):
        if isinstance(result, dict):
            yield result


def _span_id(row: SpanRow) -> str:
    return (row.parent_span_id or "") if row.event_only else row.span_id


def _id(row: SpanRow, result: dict[str, Any]) -> str:
    """From what was told of which span: two different results are two, however they came."""
    said = orjson.dumps(result, option=orjson.OPT_SORT_KEYS).decode()
    place = f"{row.project}\x00{row.trace_id}\x00{_span_id(row)}\x00{said}"
    return "told-" + hashlib.blake2b(place.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _text(value: Any) -> str | None:
    return None if value is None else str(value).encode("utf-8", "replace").decode()


def _score(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
