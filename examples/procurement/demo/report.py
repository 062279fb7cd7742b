"""The demo's result as JSON. The same seed gives the same report, but for the seconds."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from examples.procurement.demo.figures import Rate
from examples.procurement.demo.state import Cycle, DemoState, Outcome, Rivals

SPLITS: Mapping[str, None] = {"mine": None, "select": None, "sealed": None}
"""Reports had figures of these; whoever reads reports finds that there are none any more."""
_ID = re.compile(r"\b(?:prop|exp)-[0-9a-f]{12}\b")


def report_of(state: DemoState, *, links: bool = False) -> dict[str, Any]:
    """`baseline`, `cycles`, `final`, `seconds`, as the table shows them.

    Before the final count there is no `final` yet. `links` adds the ids of proposals, for a page;
    they follow from commit times, which no seed decides.
    """
    names = names_of(state)
    report: dict[str, Any] = {
        "case": state.case_id,
        "baseline": {**SPLITS, "figures": {}},
        "cycles": [_cycle(one, names, links) for one in state.cycles],
        "reviews_used": state.reviews_used,
        "skipped_rows": [one.model_dump(mode="json") for one in state.skipped_rows],
        "seconds": round(state.seconds, 1),
    }
    if state.fresh_baseline and state.fresh_final and state.fresh_after_first:
        report["baseline"]["fresh"] = state.fresh_baseline.agreement
        report["baseline"]["figures"]["fresh"] = _rate(state.fresh_baseline)
        report["final"] = {
            **SPLITS,
            "fresh": _rate(state.fresh_final),
            "after_first_cycle": _rate(state.fresh_after_first),
        }
    if state.rivals_after_first and state.rivals_final:
        report["rivals"] = {
            "after_first_cycle": _rivals(state.rivals_after_first),
            "final": _rivals(state.rivals_final),
        }
    return report


def write_report(state: DemoState, path: Path) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(report_of(state), indent=2) + "\n", encoding="utf-8")
    fresh.replace(path)


def _cycle(one: Cycle, names: Mapping[str, str], links: bool) -> dict[str, Any]:
    accepted = one.accepted
    refused = [outcome for outcome in one.outcomes if outcome not in accepted]
    return {
        "n": one.n,
        **SPLITS,
        "reviews": one.reviews,
        "new": one.agreement.agreement if one.agreement else None,
        "figures": {"new": _rate(one.agreement)} if one.agreement else {},
        "accepted": _outcomes(accepted, names, links),
        "refused": _outcomes(refused, names, links),
        "waiting": _outcomes(one.waiting, names, links),
        "note": one.note,
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {"agreement": rate.agreement, "n": rate.n, "ci": list(rate.interval)}


def _rivals(of: Rivals) -> dict[str, Any]:
    return {"reviews": of.reviews, "tree": _rate(of.tree), "boosting": _rate(of.boosting)}


def names_of(state: DemoState) -> dict[str, str]:
    """What people call a proposal and its test."""
    names: dict[str, str] = {}
    for cycle in state.cycles:
        for one in (*cycle.outcomes, *cycle.waiting):
            names.setdefault(one.proposal_id, one.name)
            if one.experiment_id:
                names.setdefault(one.experiment_id, f"the test of {one.name}")
    return names


def told(reasons: Iterable[str], names: Mapping[str, str]) -> list[str]:
    """Reasons with names for ids."""
    return [_ID.sub(lambda found: names.get(found[0], found[0]), one) for one in reasons]


def _outcomes(
    outcomes: Sequence[Outcome], names: Mapping[str, str], links: bool
) -> list[dict[str, Any]]:
    return [
        _outcome(one, names) | ({"proposal_id": one.proposal_id} if links else {})
        for one in outcomes
    ]


def _outcome(one: Outcome, names: Mapping[str, str]) -> dict[str, Any]:
    evidence = one.evidence
    return {
        "name": one.name,
        "title": one.title,
        "state": one.state,
        "evidence_kind": evidence.kind if evidence else None,
        "rules": [
            {"plain": edit.plain, "support": edit.support, "wins": edit.wins, "losses": edit.losses}
            for edit in one.learned
        ],
        "reasons": told(one.reasons, names),
        "evidence": evidence.model_dump(mode="json") if evidence else None,
    }
