"""The facts of a run: exactly what a rule's `when` can read.

Every field is there in every run, for CEL has no missing fields. What one field says is not said
by another: a learner that finds the same thing under two names learns it half as well.
"""

from collections.abc import Mapping
from typing import Any

from examples.procurement.agent.wording import Wording

Json = dict[str, Any]

LEFT_OUT = {
    "request": {"id", "budget_committed"},  # an id names one request and can teach nothing
    "vendor": {"name", "listed", "preferred_in_category"},
    "budget": {"department", "known", "quarterly_budget", "committed", "remaining"},
    "policy": {"emergency_bypass", "auto_max", "manager_max", "auto_max_share"},
    "draft": {"confidence", "reasoning"},
}
"""Said by another field already. What `context/` adds to a result stays in."""


def gather(
    request: Mapping[str, Any], results: Mapping[str, Json], draft: Mapping[str, Any]
) -> Json:
    """One namespace a source: `results` are the tools' results by name, `draft` the reasoner's."""
    wording = Wording.read(request["item"], request["justification"], request["amount"])
    return {
        "request": {**_rest("request", request), **_told(wording)},
        "vendor": _rest("vendor", results["lookup_vendor"]),
        "budget": _rest("budget", results["check_budget"]),
        "policy": _rest("policy", results["check_policy"]),
        "draft": _rest("draft", draft),
    }


def _rest(namespace: str, source: Mapping[str, Any]) -> Json:
    left_out = LEFT_OUT[namespace]
    return {field: value for field, value in source.items() if field not in left_out}


def _told(wording: Wording) -> Json:
    return {
        "is_renewal": wording.is_renewal,
        "price_increase_percent": wording.price_increase_percent,
        "quantity": wording.quantity,
        "term_months": wording.term_months,
    }
