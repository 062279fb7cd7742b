"""What the made-up platform shows of a proposal and of a trace."""

import json
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 1, 1, tzinfo=UTC).isoformat()


def view_of(
    agent: str, name: str, run_id: str, edit: dict[str, Any], digest: str, fate: str
) -> dict[str, Any]:
    """A `ProposalView` as review_gate would show it; `exact` has no verdict yet."""
    accepted = fate == "procedure"
    plain = {"edit_index": 0, "plain": edit["rule"]["because"], "support": 7, "wins": 6}
    return {
        "proposal": {
            "proposal_id": name,
            "agent": agent,
            "mining_run_id": run_id,
            "base_commit": "0" * 40,
            "base_digest": digest,
            "title": name,
            "hypothesis": "",
            "author": "statistical",
            "edits": [edit],
            "diff": "",
            "evidence": [{**plain, "losses": 1}],
            "drafted_at": NOW,
        },
        "experiment": None
        if fate == "exact"
        else _verdict(name, agent, run_id, edit, digest, fate),
        "state": {"procedure": "open", "exact": "drafted"}.get(fate, "refused"),
        "head_commit": "1" * 40 if accepted else None,
        "updated_at": NOW,
    }


def _verdict(
    name: str, agent: str, run_id: str, edit: dict[str, Any], digest: str, fate: str
) -> dict[str, Any]:
    accepted = fate == "procedure"
    return {
        "experiment_id": f"exp-{name}",
        "proposal_id": name,
        "agent": agent,
        "mining_run_id": run_id,
        "verdict": "accept" if accepted else "reject",
        "reasons": [] if accepted else ["no gain on the lessons"],
        "baseline_digest": digest,
        "candidate_digest": digest,
        "edits": [edit],
        "edit_origins": [0],
        "evidence": evidence_of("procedure", 50) if accepted else None,
        "finished_at": NOW,
    }


def evidence_of(kind: str, through: int) -> dict[str, Any]:
    """Of the kind that a backlog of reviews gives, or of that which later ones give."""
    figure = {"e_value": 61.0} if kind == "procedure" else {"p_value": 0.004}
    return figure | {
        "kind": kind,
        "test_number": 1,
        "level": 0.02,
        "budget": 0.05,
        "promoted_before": 0,
        "n": 50,
        "baseline_correct": 25,
        "candidate_correct": 30,
        "wins": 6,
        "losses": 1,
        "gain": 0.1,
        "ci_low": 0.0,
        "ci_high": 0.2,
        "from_position": 0,
        "through_position": through,
    }


def summary(agent: str, trace_id: str) -> dict[str, Any]:
    """A `TraceSummary` as traces would list it."""
    return {
        "project": agent,
        "trace_id": trace_id,
        "session_id": None,
        "user_id": None,
        "agent": agent,
        "root_name": agent,
        "status": "OK",
        "started_at": NOW,
        "duration_ms": 1.0,
        "span_count": 7,
        "error_count": 0,
        "tokens_total": 0,
        "cost_usd": 0.0,
        "config_digest": None,
        "complete": True,
    }


def tree(agent: str, trace_id: str, root: dict[str, Any]) -> dict[str, Any]:
    """A `TraceTree` of its root span alone."""
    span = {
        "project": agent,
        "trace_id": trace_id,
        "span_id": "1" * 16,
        "parent_span_id": None,
        "name": agent,
        "kind": "AGENT",
        "status": "OK",
        "started_at": NOW,
        "ended_at": NOW,
        "duration_ms": 1.0,
        "attributes": root,
    }
    return {"summary": summary(agent, trace_id), "spans": [span]}


def example(
    agent: str, position: int, said: dict[str, Any], root: dict[str, Any]
) -> dict[str, Any]:
    """An `ExampleView` of a review."""
    return {
        "position": position,
        "review_id": said["feedback_id"],
        "example_key": said["example_key"],
        "agent": agent,
        "group": said["example_key"],
        "trace_id": said["trace_id"],
        "input": json.loads(root["input.value"]),
        "expected": said["expected"],
        "answered": json.loads(root["output.value"])["decision"],
        "facts": json.loads(root["pawl.facts"]),
        "recorded_at": NOW,
    }
