"""What the reviewer knows and nobody has written down.

Only the reviewer imports this file: import-linter and a test hold to it. An agent, a miner or an
experiment that could read it would prove nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from examples.procurement.data.model import Decision
from examples.procurement.reviewer.purchase import Purchase

AUTO_MAX = 5_000
MANAGER_MAX = 25_000

GOODWILL_VENDOR = "Northlight Hosting"
MISSES_SLA_VENDOR = "Linecast"
GROWING_QUOTES_VENDOR = "Redbridge Partners"
DOUBLE_BILLED_VENDOR = "Corepoint Supply"
ENGINEERING_ESTIMATE_SHARE = 0.7
"""What Engineering estimates is this share of what it pays in the end."""
RENEWAL_INCREASE_PERCENT_MAX = 10


@dataclass(frozen=True)
class Habit:
    """`precedent` is the tag she puts on it; one of `reasons` is what she writes."""

    precedent: str
    applies: Callable[[Purchase], bool]
    decision: Decision
    reasons: tuple[str, ...]
    conditions: tuple[str, ...] = ()


def _from(vendor: str) -> Callable[[Purchase], bool]:
    return lambda purchase: purchase.request.vendor == vendor


def _goodwill(purchase: Purchase) -> bool:
    return _from(GOODWILL_VENDOR)(purchase) and purchase.request.amount <= MANAGER_MAX


def _security(purchase: Purchase) -> bool:
    security = purchase.request.department == "Security" or purchase.sells("security")
    return security and purchase.status != "suspended" and purchase.request.amount <= MANAGER_MAX


def _understaffed(purchase: Purchase) -> bool:
    request = purchase.request
    pressing = request.department == "Customer Success" and request.urgency != "routine"
    return pressing and purchase.status != "suspended" and request.amount <= MANAGER_MAX


def _one_campaign(purchase: Purchase) -> bool:
    return purchase.request.department == "Marketing" and purchase.says("campaign")


def _second_vendor(purchase: Purchase) -> bool:
    settled = purchase.preferred_name is not None and purchase.status == "approved"
    return settled and purchase.request.urgency != "emergency"


def _low_estimate(purchase: Purchase) -> bool:
    real = purchase.request.amount / ENGINEERING_ESTIMATE_SHARE
    return (
        purchase.request.department == "Engineering"
        and purchase.status != "suspended"
        and real > AUTO_MAX
    )


HABITS: tuple[Habit, ...] = (
    Habit(
        "double-billing",
        _from(DOUBLE_BILLED_VENDOR),
        "reject",
        (
            "They billed us twice and argued for months about the refund. Never again.",
            "Corepoint double-billed us. For me they are suspended for good.",
            "No. This supplier invoiced the same order twice and would not own up.",
        ),
        ("only another supplier",),
    ),
    Habit(
        "executive-relationship",
        _from(MISSES_SLA_VENDOR),
        "flag-for-review",
        (
            "They do miss their SLAs, but the CTO knows their CEO. Never an outright no.",
            "Our CTO and their CEO go back years: this one goes to the CTO first.",
            "Not ours to reject. The CTO wants to talk to their CEO himself.",
        ),
        ("ask the CTO",),
    ),
    Habit(
        "outage-goodwill",
        _goodwill,
        "approve",
        (
            "Northlight gave us emergency pricing in the outage. We owe them goodwill.",
            "They kept us online at cost when it mattered. Approve.",
            "We owe these people after the outage, so I wave it through.",
        ),
        ("up to 25,000",),
    ),
    Habit(
        "post-breach-leeway",
        _security,
        "approve",
        (
            "After the breach, security gets leeway from me.",
            "Security purchase. Since the breach we do not make them wait.",
            "The board wants the gaps closed after the breach, so yes.",
        ),
        ("up to 25,000",),
    ),
    Habit(
        "understaffed-support",
        _understaffed,
        "approve",
        (
            "Customer Success is understaffed. When they say urgent, it is.",
            "They are three people short, their urgency is genuine.",
            "Customer Success never cries wolf. Approve.",
        ),
        ("up to 25,000", "urgent or emergency"),
    ),
    Habit(
        "renewal-increase",
        lambda purchase: purchase.increase_percent > RENEWAL_INCREASE_PERCENT_MAX,
        "flag-for-review",
        (
            "A renewal with more than 10 percent on top is negotiated first.",
            "They want far more than last year. Somebody has to call them.",
            "Increase above 10 %: not without a talk with the vendor.",
        ),
        ("increase over 10 percent",),
    ),
    Habit(
        "one-campaign-tool",
        _one_campaign,
        "reject",
        (
            "Marketing buys a tool for one campaign and drops it afterwards.",
            "We have four of these lying unused from earlier campaigns.",
            "One campaign, then nobody logs in again. No.",
        ),
        ("use what we have",),
    ),
    Habit(
        "growing-quotes",
        _from(GROWING_QUOTES_VENDOR),
        "flag-for-review",
        (
            "Their quotes grow by about 40 percent during implementation.",
            "Count 40 percent on top before you believe this figure.",
            "Redbridge never ends where it starts. I want a cap in the contract.",
        ),
        ("cap in the contract",),
    ),
    Habit(
        "one-vendor-per-category",
        _second_vendor,
        "reject",
        (
            "One vendor per category this year, and we have one here: {preferred}.",
            "We consolidate. {preferred} does this already.",
            "No second vendor beside {preferred} this year.",
        ),
        ("one vendor per category",),
    ),
    Habit(
        "low-estimates",
        _low_estimate,
        "flag-for-review",
        (
            "Engineering's estimates run about 30 percent low. This ends above the limit.",
            "Add what Engineering always forgets and a manager has to see it.",
            "Their figure is low as ever; the real one needs approval.",
        ),
        ("estimate over 3,500",),
    ),
)
"""The first that applies decides."""
