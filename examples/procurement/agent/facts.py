"""The facts of a run: exactly what a rule's `when` can read."""

from collections.abc import Mapping
from typing import Any

from examples.procurement.agent.wording import Wording

Json = dict[str, Any]


def gather(
    request: Mapping[str, Any], results: Mapping[str, Json], draft: Mapping[str, Any]
) -> Json:
    """One namespace a source. Every field is there in every run: CEL has no missing fields.

    `results` are the tools' results by name; the draft is what the reasoner would answer.
    """
    return {
        "request": _request(request),
        "vendor": results["lookup_vendor"],
        "budget": results["check_budget"],
        "policy": results["check_policy"],
        "draft": {key: draft[key] for key in ("decision", "basis")},
    }


def _request(request: Mapping[str, Any]) -> Json:
    """Input fields without the id, which names one request and can teach nothing."""
    wording = Wording.read(request["item"], request["justification"], request["amount"])
    return {
        "requester": request["requester"],
        "department": request["department"],
        "item": request["item"],
        "vendor": request["vendor"],
        "amount": request["amount"],
        "urgency": request["urgency"],
        "justification": request["justification"],
        "is_renewal": wording.is_renewal,
        "price_increase_percent": wording.price_increase_percent,
        "quantity": wording.quantity,
        "term_months": wording.term_months,
        "terms": list(wording.terms),
    }
