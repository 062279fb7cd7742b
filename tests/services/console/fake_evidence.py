"""The ledger of a made-up agent and the test that is open in it."""

import json
from datetime import timedelta
from typing import Any

from libs.testkit.proposals import AT, exact, procedure

AGENT = "procurement"
DIGESTS = tuple(f"sha256:{digit * 64}" for digit in "1234")
TESTED_ID = "prop-00000000000f"


def at(minutes: float) -> str:
    return (AT + timedelta(minutes=minutes)).isoformat()


def as_json(model: Any) -> Any:
    return json.loads(model.model_dump_json())


def _so_far() -> dict[str, Any]:
    """Evidence of the candidate that is under test."""
    figures: dict[str, Any] = {"n": 20, "baseline_correct": 13, "candidate_correct": 17}
    figures |= {"wins": 4, "losses": 0, "gain": 0.2, "ci_low": -0.02, "ci_high": 0.42}
    found = exact(test_number=3, level=0.0083, p_value=0.0625, from_position=110, **figures)
    return dict(as_json(found))


def gathering() -> dict[str, Any]:
    """The experiment of the candidate that is under test."""
    return {
        "experiment_id": "exp-gathering",
        "proposal_id": TESTED_ID,
        "agent": AGENT,
        "mining_run_id": "run-9",
        "state": "gathering",
        "queued_at": at(50),
        "started_at": at(51),
        "evidence": _so_far(),
    }


def ledger() -> dict[str, Any]:
    """A procedure that promoted, an exact test that did, one that is open."""

    def entry(number: int, kind: str, outcome: str, found: Any, **more: Any) -> dict[str, Any]:
        return {
            "test_number": number,
            "kind": kind,
            "experiment_id": None,
            "baseline_digest": DIGESTS[number - 1],
            "candidate_digest": None,
            "level": found["level"],
            "promoted_before": number - 1,
            "outcome": outcome,
            "evidence": found,
            "opened_at": at(number * 10),
            **more,
        }

    under_test = {"experiment_id": "exp-gathering", "candidate_digest": DIGESTS[3]}
    return {
        "agent": AGENT,
        "budget": 0.05,
        "promotions": 2,
        "level_next_exact": 0.0061,
        "level_next_procedure": 0.002,
        "entries": [
            entry(1, "procedure", "promoted", as_json(procedure())),
            entry(2, "exact", "promoted", as_json(exact()), candidate_digest=DIGESTS[2]),
            entry(3, "exact", "open", _so_far(), **under_test),
        ],
    }
