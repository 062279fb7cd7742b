"""A trace as the traces service shows it; every text of it can be replaced by a hostile one."""

import json
from datetime import timedelta
from typing import Any

from libs.testkit.proposals import AT, TRACE
from tests.services.console.fake_evidence import DIGESTS

REQUEST = {
    "id": "PR-0042",
    "requester": "Dana Ruiz",
    "department": "Security",
    "item": "Endpoint detection, 200 seats",
    "vendor": "Northwind Shield",
    "amount": 18400,
    "urgency": "urgent",
    "justification": "The audit after the March incident asks for it by the end of the quarter.",
}
ANSWER = {
    "decision": "flag-for-review",
    "confidence": 0.71,
    "reasoning": "The amount needs a manager.",
}


def span(number: int, parent: int | None, name: str, kind: str, **fields: Any) -> dict[str, Any]:
    start, milliseconds = fields.pop("start", 0.0), fields.pop("ms", 10.0)
    begun = AT + timedelta(milliseconds=start)
    return {
        "project": "procurement",
        "trace_id": TRACE,
        "span_id": f"{number:016x}",
        "parent_span_id": None if parent is None else f"{parent:016x}",
        "name": name,
        "kind": kind,
        "status": "OK",
        "started_at": begun.isoformat(),
        "ended_at": (begun + timedelta(milliseconds=milliseconds)).isoformat(),
        "duration_ms": milliseconds,
        **fields,
    }


def summary(**fields: Any) -> dict[str, Any]:
    return {
        "project": "procurement",
        "trace_id": TRACE,
        "session_id": "demo/0/PR-0042",
        "user_id": "dana",
        "agent": "procurement",
        "root_name": "purchase request",
        "status": "OK",
        "started_at": AT.isoformat(),
        "duration_ms": 1842.0,
        "span_count": 7,
        "error_count": 1,
        "tokens_total": 2210,
        "cost_usd": 0.0093,
        "config_digest": DIGESTS[0],
        "complete": True,
        **fields,
    }


FEEDBACK: dict[str, Any] = {
    "feedback_id": "f1",
    "trace_id": TRACE,
    "span_id": None,
    "kind": "override",
    "author": "procurement-reviewer",
    "expected": "approve",
    "reason": "After the breach we said yes to Security, within reason.",
    "precedent": "security-leeway",
    "recorded_at": AT.isoformat(),
}
EVALUATION: dict[str, Any] = {
    "evaluation_id": "e1",
    "trace_id": TRACE,
    "span_id": f"{6:016x}",
    "evaluator": "tool_error",
    "evaluator_version": "1",
    "kind": "code",
    "status": "ok",
    "label": "fail",
    "score": None,
    "passed": False,
    "explanation": "1 of 3 tool calls ended in an error",
    "evidence": [{"span_id": f"{6:016x}", "field": "status_message", "text": "timed out"}],
    "evaluated_at": AT.isoformat(),
}


def tree() -> dict[str, Any]:
    """An agent that thinks, asks three tools, one of which fails, and answers."""
    return {
        "summary": summary(),
        "spans": _spans(),
        "evaluations": [EVALUATION],
        "feedback": [FEEDBACK],
    }


def _spans() -> list[dict[str, Any]]:
    model = {"model": "claude-sonnet-4-5", "provider": "anthropic"}
    return [
        span(
            1,
            None,
            "purchase request",
            "AGENT",
            ms=1842.0,
            input=json.dumps(REQUEST),
            output=json.dumps(ANSWER),
            config_digest=DIGESTS[0],
            attributes={"pawl.facts": json.dumps({"request": REQUEST}), "session.id": "demo/0"},
        ),
        span(2, 1, "plan", "LLM", start=6, ms=702, tokens_input=1120, tokens_output=84, **model),
        span(3, 1, "tools", "CHAIN", start=716, ms=262),
        span(4, 3, "check_policy", "TOOL", start=718, ms=21, input='{"amount": 18400}'),
        span(5, 3, "lookup_vendor", "TOOL", start=742, ms=36, output='{"status": "preferred"}'),
        span(
            6,
            3,
            "check_budget",
            "TOOL",
            start=781,
            ms=190,
            status="ERROR",
            status_message="budget service timed out after 180 ms",
        ),
        span(
            7,
            1,
            "answer",
            "LLM",
            start=986,
            ms=851,
            tokens_input=904,
            tokens_output=102,
            tokens_cache_read=512,
            cost_usd=0.0051,
            input="Decide on the request.",
            output=json.dumps(ANSWER),
            messages_input=[
                {"role": "system", "content": "You decide on purchase requests."},
                {"role": "user", "content": [{"type": "text", "text": json.dumps(REQUEST)}]},
                {"role": "tool", "name": "check_policy", "content": '{"needs": "manager"}'},
            ],
            messages_output=[
                {"role": "assistant", "content": "The amount needs a manager.", "tool_calls": []}
            ],
            **model,
        ),
    ]
