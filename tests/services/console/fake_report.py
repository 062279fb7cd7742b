"""A report of a run of four cycles, as the demo puts it."""

from typing import Any

from tests.services.console.fake_evidence import AGENT

REPORT: dict[str, Any] = {
    "agent": AGENT,
    "baseline": {
        "mine": 31 / 58,
        "sealed": 29 / 53,
        "fresh": 0.541,
        "figures": {
            "mine": {"agreement": 31 / 58, "n": 58, "ci": [0.41, 0.66]},
            "sealed": {"agreement": 29 / 53, "n": 53, "ci": [0.41, 0.67]},
            "fresh": {"agreement": 0.541, "n": 1000, "ci": [0.51, 0.572]},
        },
    },
    "cycles": [
        {
            "n": number,
            "mine": mine,
            "select": select,
            "sealed": sealed,
            "figures": {
                "sealed": {"agreement": sealed, "n": 53, "ci": [sealed - 0.12, sealed + 0.1]}
            },
            "accepted": [
                {
                    "state": "approved",
                    "title": "Leeway for Security",
                    "rules": [
                        {
                            "plain": "When Security asks, approve.",
                            "support": 12,
                            "wins": 11,
                            "losses": 1,
                        }
                    ],
                    "reasons": [],
                    "sealed": {"n": 53, "gain": 0.113, "p_value": 0.0039},
                }
            ]
            if number < 3
            else [],
            "refused": [
                {
                    "state": "refused",
                    "title": "Flag every Marketing renewal",
                    "rules": [],
                    "reasons": ["no gain on the lessons: 4 won, 4 lost"],
                    "sealed": {},
                }
            ],
        }
        for number, mine, select, sealed in (
            (1, 0.66, 0.63, 0.66),
            (2, 0.76, 0.74, 0.75),
            (3, 0.76, 0.74, 0.75),
            (4, 0.81, 0.79, 0.79),
        )
    ],
    "final": {"fresh": {"agreement": 0.781, "n": 1000, "ci": [0.754, 0.806]}},
    "seconds": 142.7,
}
