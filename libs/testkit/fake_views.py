"""What the made-up platform shows of a proposal and of a trace."""

from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 1, 1, tzinfo=UTC).isoformat()


def view_of(
    agent: str, name: str, run_id: str, edit: dict[str, Any], digest: str, accepted: bool
) -> dict[str, Any]:
    """A `ProposalView` as review_gate would show it."""
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
        "experiment": {
            "experiment_id": f"exp-{name}",
            "proposal_id": name,
            "agent": agent,
            "mining_run_id": run_id,
            "verdict": "accept" if accepted else "reject",
            "reasons": [] if accepted else ["no gain on the lessons"],
            "baseline_digest": digest,
            "candidate_digest": digest,
            "edits": [edit],
            "evidence": _evidence() if accepted else None,
            "finished_at": NOW,
        },
        "state": "open" if accepted else "refused",
        "head_commit": "1" * 40 if accepted else None,
        "updated_at": NOW,
    }


def _evidence() -> dict[str, Any]:
    """Of the kind that a backlog of reviews gives."""
    return {
        "kind": "procedure",
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
        "e_value": 61.0,
        "from_position": 0,
        "through_position": 50,
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
