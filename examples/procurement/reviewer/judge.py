"""Decides one request: habit first, written policy where no habit speaks, and a slip now and then.

A review depends on the request, the reference and the seed only, never on other requests.
"""

from random import Random

from examples.procurement.data.model import (
    DECISIONS,
    Decision,
    PurchaseRequest,
    Reference,
    Review,
)
from examples.procurement.reviewer.knowledge import AUTO_MAX, HABITS, Habit
from examples.procurement.reviewer.purchase import Purchase

FLIP_SHARE = 0.03
"""People are not perfectly consistent."""

_BY_POLICY: dict[Decision, str] = {
    "approve": "Within policy.",
    "reject": "Policy leaves no room here.",
    "flag-for-review": "Somebody has to sign this one, as the policy says.",
}
_BY_SLIP = "Looked at it late in the day; this seemed right."


class Reviewer:
    """`flip_share` of the decisions are slips; None takes the usual share."""

    def __init__(self, reference: Reference, seed: int, flip_share: float | None = None) -> None:
        self._reference = reference
        self._seed = seed
        self._flip_share = FLIP_SHARE if flip_share is None else flip_share

    def review(self, request: PurchaseRequest) -> Review:
        """What she decides, with her reason and the tag of the precedent that she follows."""
        purchase = Purchase.of(request, self._reference)
        habit = next((habit for habit in HABITS if habit.applies(purchase)), None)
        random = Random(f"{self._seed}:{request.id}")
        decision = habit.decision if habit else by_policy(purchase)
        if random.random() < self._flip_share:
            others = [other for other in DECISIONS if other != decision]
            return Review(request_id=request.id, decision=random.choice(others), reasoning=_BY_SLIP)
        if habit is None:
            return Review(request_id=request.id, decision=decision, reasoning=_BY_POLICY[decision])
        return _told(purchase, habit, random)


def _told(purchase: Purchase, habit: Habit, random: Random) -> Review:
    reason = random.choice(habit.reasons).format(preferred=purchase.preferred_name)
    return Review(
        request_id=purchase.request.id,
        decision=habit.decision,
        reasoning=reason,
        precedent=habit.precedent,
        conditions=habit.conditions,
    )


def by_policy(purchase: Purchase) -> Decision:
    """The written policy, as she reads it."""
    request = purchase.request
    if purchase.status == "suspended" or purchase.exceeds_budget:
        return "reject"
    if request.urgency == "emergency":
        return "approve"
    if purchase.status == "not-listed" or purchase.sells("consulting"):
        return "flag-for-review"
    if purchase.status != "preferred" and purchase.preferred_name is not None:
        return "flag-for-review"
    return "approve" if request.amount <= AUTO_MAX else "flag-for-review"
