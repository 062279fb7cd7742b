"""Run checks on a trace and make their records."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from libs.contracts.api import TraceTree
from libs.contracts.events import EvaluationRecorded, TraceCompleted
from services.evaluators.domain.check import Check, Finding


def evaluation_id(check: Check, completed: TraceCompleted, span_id: str | None) -> str:
    """Equal for the same check on the same thing: a later revision replaces the earlier one."""
    parts = (
        completed.project,
        completed.trace_id,
        span_id or "",
        check.name,
        check.version,
    )
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]


def evaluate(
    trace: TraceTree, completed: TraceCompleted, checks: Iterable[Check], now: datetime
) -> list[EvaluationRecorded]:
    """Every record of every check that applies."""
    records = []
    for check in checks:
        try:
            if not check.applies(trace):
                continue
            findings = list(check.judge(trace))
            unknown = {one.label for one in findings} - set(check.labels)
            if unknown:
                raise ValueError(f"labels {sorted(unknown)} are not declared")
        except Exception as error:
            records.append(_failure(check, completed, error, now))
        else:
            records += [_record(check, completed, finding, now) for finding in findings]
    return records


def _record(
    check: Check, completed: TraceCompleted, finding: Finding, now: datetime
) -> EvaluationRecorded:
    return EvaluationRecorded(
        evaluation_id=evaluation_id(check, completed, finding.span_id),
        status="ok",
        label=finding.label,
        score=finding.score,
        passed=check.labels[finding.label],
        explanation=finding.explanation,
        evidence=finding.evidence,
        span_id=finding.span_id,
        **_about(check, completed, now),
    )


def _failure(
    check: Check, completed: TraceCompleted, error: Exception, now: datetime
) -> EvaluationRecorded:
    return EvaluationRecorded(
        evaluation_id=evaluation_id(check, completed, None),
        status="error",
        explanation=f"the check failed: {error!r}",
        **_about(check, completed, now),
    )


def _about(check: Check, completed: TraceCompleted, now: datetime) -> dict[str, object]:
    return {
        "project": completed.project,
        "agent": completed.agent,
        "trace_id": completed.trace_id,
        "session_id": completed.session_id,
        "target": check.target,
        "evaluator": check.name,
        "evaluator_version": check.version,
        "kind": "code",
        "config_digest": completed.config_digest,
        "trace_revision": completed.revision,
        "evaluated_at": now,
        "run_started_at": completed.started_at,
    }
