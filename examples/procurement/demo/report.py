"""The demo's result as JSON. The same seed gives the same report, but for the seconds."""

import json
from pathlib import Path
from typing import Any

from examples.procurement.demo.figures import Rate
from examples.procurement.demo.state import DemoState, Outcome, Round

SPLITS = ("mine", "select", "sealed")


def report_of(state: DemoState) -> dict[str, Any]:
    """`baseline`, `cycles`, `final`, `seconds`, as the table shows them."""
    first, last = state.rounds[0], state.rounds[-1]
    assert state.fresh_baseline is not None
    assert state.fresh_final is not None
    return {
        "case": state.case_id,
        "baseline": {
            **_agreements(first),
            "fresh": state.fresh_baseline.agreement,
            "figures": {**_figures(first), "fresh": _rate(state.fresh_baseline)},
        },
        "cycles": [
            {
                "n": after.n,
                **_agreements(after),
                "figures": _figures(after),
                "accepted": [_outcome(one) for one in before.outcomes if one.state == "approved"],
                "refused": [_outcome(one) for one in before.outcomes if one.state != "approved"],
            }
            for before, after in zip(state.rounds, state.rounds[1:], strict=False)
        ],
        "final": {**_agreements(last), "fresh": _rate(state.fresh_final)},
        "seconds": round(state.seconds, 1),
    }


def write_report(state: DemoState, path: Path) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(report_of(state), indent=2) + "\n", encoding="utf-8")
    fresh.replace(path)


def _agreements(one: Round) -> dict[str, float | None]:
    return {name: one.splits[name].agreement for name in SPLITS if name in one.splits}


def _figures(one: Round) -> dict[str, Any]:
    return {name: _rate(one.splits[name]) for name in SPLITS if name in one.splits}


def _rate(rate: Rate) -> dict[str, Any]:
    return {"agreement": rate.agreement, "n": rate.n, "ci": list(rate.interval)}


def _outcome(one: Outcome) -> dict[str, Any]:
    """Without ids: they follow from commit times, which no seed decides."""
    return {
        "state": one.state,
        "rules": [
            {"plain": edit.plain, "support": edit.support, "wins": edit.wins, "losses": edit.losses}
            for edit in one.learned
        ],
        "reasons": list(one.reasons),
        "sealed": {"n": one.sealed_n, "gain": one.sealed_gain, "p_value": one.p_value},
    }
