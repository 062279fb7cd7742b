"""A report of a run of four cycles, as the demo puts it."""

import json
from typing import Any

from libs.testkit.proposals import exact, procedure
from tests.services.console.fake_evidence import AGENT


def outcome(state: str, title: str, **more: Any) -> dict[str, Any]:
    evidence = more.pop("evidence", None)
    return {
        "state": state,
        "title": title,
        "rules": [],
        "reasons": [],
        "evidence_kind": evidence.kind if evidence else None,
        "evidence": json.loads(evidence.model_dump_json()) if evidence else None,
        **more,
    }


RULE = {"plain": "When Security asks, approve.", "support": 12, "wins": 11, "losses": 1}


def cycle(number: int, new: float) -> dict[str, Any]:
    """The first passes by procedure, the second is refused, the last is under test."""
    passed = outcome("approved", "Leeway for Security", rules=[RULE], evidence=procedure())
    why = "no gain on the lessons: 4 won, 4 lost"
    refused = outcome("refused", "Flag every Marketing renewal", reasons=[why])
    waiting = outcome("", "Look at renewals that grew", evidence=exact(n=20, p_value=0.0625))
    return {
        "n": number,
        "new": new,
        "reviews": 130 * number,
        "figures": {"new": {"agreement": new, "n": 130, "ci": [new - 0.09, new + 0.07]}},
        "accepted": [passed] if number < 3 else [],
        "refused": [refused],
        "waiting": [waiting] if number == 4 else [],
    }


REPORT: dict[str, Any] = {
    "agent": AGENT,
    "baseline": {
        "new": 70 / 130,
        "fresh": 0.541,
        "figures": {
            "new": {"agreement": 70 / 130, "n": 130, "ci": [0.453, 0.622]},
            "fresh": {"agreement": 0.541, "n": 1000, "ci": [0.51, 0.572]},
        },
    },
    "cycles": [cycle(n, new) for n, new in ((1, 0.54), (2, 0.66), (3, 0.76), (4, 0.77))],
    "final": {
        "fresh": {"agreement": 0.781, "n": 1000, "ci": [0.754, 0.806]},
        "after_first_cycle": {"agreement": 0.702, "n": 1000, "ci": [0.673, 0.73]},
    },
    "reviews_used": 520,
    "seconds": 142.7,
}
