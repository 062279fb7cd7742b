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


def report_of(state: DemoState, *, links: bool = False) -> dict[str, Any]:
    """`baseline`, `cycles`, `final`, `seconds`, as the table shows them.

    Before the final count there is no `final` yet. `links` adds the ids of proposals, for a page;
    they follow from commit times, which no seed decides.
    """
    first, last, names = state.rounds[0], state.rounds[-1], names_of(state)
    report: dict[str, Any] = {
        "case": state.case_id,
        "baseline": {**_agreements(first), "figures": _figures(first)},
        "cycles": [
            {
                "n": after.n,
                **_agreements(after),
                "figures": _figures(after),
                "accepted": _outcomes(before, names, links, approved=True),
                "refused": _outcomes(before, names, links, approved=False),
                "note": before.note,
            }
            for before, after in zip(state.rounds, state.rounds[1:], strict=False)
        ],
        "seconds": round(state.seconds, 1),
    }
    if state.fresh_baseline is not None and state.fresh_final is not None:
        report["baseline"]["fresh"] = state.fresh_baseline.agreement
        report["baseline"]["figures"]["fresh"] = _rate(state.fresh_baseline)
        report["final"] = {**_agreements(last), "fresh": _rate(state.fresh_final)}
    return report


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
    """Reasons with names for ids."""
    return [_ID.sub(lambda found: names.get(found[0], found[0]), one) for one in reasons]


def _outcomes(
    of: Round, names: Mapping[str, str], links: bool, *, approved: bool
) -> list[dict[str, Any]]:
    chosen = [one for one in of.outcomes if (one.state == "approved") == approved]
    return [
        _outcome(one, names) | ({"proposal_id": one.proposal_id} if links else {}) for one in chosen
    ]


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
