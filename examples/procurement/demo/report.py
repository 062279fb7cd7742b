"""The demo's result as JSON. The same seed gives the same report, but for the seconds."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from examples.procurement.demo.figures import Rate
from examples.procurement.demo.state import DemoState, Outcome, Round

SPLITS = ("mine", "select", "sealed")
_ID = re.compile(r"\b(?:prop|exp)-[0-9a-f]{12}\b")


def report_of(state: DemoState) -> dict[str, Any]:
    """`baseline`, `cycles`, `final`, `seconds`, as the table shows them."""
    first, last, names = state.rounds[0], state.rounds[-1], names_of(state)
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
                "accepted": _outcomes(before, names, approved=True),
                "refused": _outcomes(before, names, approved=False),
                "note": before.note,
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


def names_of(state: DemoState) -> dict[str, str]:
    """What people call a proposal and its test: `proposal 2.1` is the first of cycle 2."""
    names: dict[str, str] = {}
    for before in state.rounds:
        for number, one in enumerate(before.outcomes, start=1):
            name = f"proposal {before.n + 1}.{number}"
            names.setdefault(one.proposal_id, name)
            if one.experiment_id:
                names.setdefault(one.experiment_id, f"the test of {name}")
    return names


def told(reasons: Iterable[str], names: Mapping[str, str]) -> list[str]:
    """Reasons with names for ids: these follow from commit times, which no seed decides."""
    return [_ID.sub(lambda found: names.get(found[0], found[0]), one) for one in reasons]


def _outcomes(one: Round, names: Mapping[str, str], *, approved: bool) -> list[dict[str, Any]]:
    return [_outcome(x, names) for x in one.outcomes if (x.state == "approved") == approved]


def _outcome(one: Outcome, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": names[one.proposal_id],
        "title": one.title,
        "state": one.state,
        "rules": [
            {"plain": edit.plain, "support": edit.support, "wins": edit.wins, "losses": edit.losses}
            for edit in one.learned
        ],
        "reasons": told(one.reasons, names),
        "sealed": {"n": one.sealed_n, "gain": one.sealed_gain, "p_value": one.p_value},
    }
