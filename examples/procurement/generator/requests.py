"""Draws purchase requests from a seed."""

from collections.abc import Mapping
from random import Random
from typing import TypeVar

from examples.procurement.data.model import PurchaseRequest
from examples.procurement.generator import words
from examples.procurement.generator.company import DEPARTMENT_WEIGHTS, PEOPLE
from examples.procurement.generator.items import DEPARTMENT_CATEGORIES, ITEMS, Item
from examples.procurement.generator.vendors import UNLISTED, VENDORS

T = TypeVar("T")

UNLISTED_SHARE = 0.04
CAMPAIGN_SHARE = 0.5
RENEWAL_SHARE = 0.24
STATUS_WEIGHTS = {"preferred": 10, "approved": 5, "suspended": 6}
URGENCY_WEIGHTS: dict[str, int] = {"routine": 60, "urgent": 29, "emergency": 11}
INCREASES_PERCENT = (2, 3, 4, 5, 6, 7, 8, 12, 14, 15, 18, 20, 22, 25, 30)
AMOUNT_BANDS = ((300, 3_000), (3_000, 5_000), (5_000, 25_000), (25_000, 85_000))
BAND_WEIGHTS: dict[str, tuple[int, ...]] = {"Engineering": (16, 44, 30, 10)}
BAND_WEIGHTS_ELSEWHERE = (22, 24, 44, 10)
"""How many of a hundred requests fall in each range of amounts."""


def draw_requests(
    seed: int, stream: str, prefix: str, count: int, digits: int | None = None
) -> tuple[PurchaseRequest, ...]:
    """`count` requests; the same seed and stream give the same ones. Ids have `digits` digits."""
    random = Random(f"{seed}:{stream}")
    width = digits or len(str(count))
    return tuple(_draw(random, f"{prefix}-{number:0{width}}") for number in range(1, count + 1))


def _draw(random: Random, request_id: str) -> PurchaseRequest:
    department = _weighted(random, DEPARTMENT_WEIGHTS)
    category = _weighted(random, DEPARTMENT_CATEGORIES[department])
    item = random.choice(ITEMS[category])
    urgency = _weighted(random, URGENCY_WEIGHTS)
    justification = _justify(random, department, category, item, urgency)
    return PurchaseRequest(
        id=request_id,
        requester=random.choice(PEOPLE[department]),
        department=department,
        item=item.name,
        vendor=_vendor(random, category),
        amount=_amount(random, department),
        justification=justification,
        urgency=urgency,
    )


def _vendor(random: Random, category: str) -> str:
    if random.random() < UNLISTED_SHARE:
        return random.choice(UNLISTED)
    sold_by = {
        vendor.name: STATUS_WEIGHTS[vendor.status]
        for vendor in VENDORS
        if category in vendor.categories
    }
    return _weighted(random, sold_by)


def _amount(random: Random, department: str) -> float:
    """Log-uniform within a band; quotes end in round figures."""
    weights = BAND_WEIGHTS.get(department, BAND_WEIGHTS_ELSEWHERE)
    low, high = random.choices(AMOUNT_BANDS, weights)[0]
    amount = low * (high / low) ** random.random()
    step = 10 if amount < 2_000 else 50 if amount < 20_000 else 500
    return float(round(amount / step) * step)


def _justify(random: Random, department: str, category: str, item: Item, urgency: str) -> str:
    sentences = [_reason(random, department, category, item)]
    if urgency == "urgent" and random.random() < 0.8:
        sentences.append(random.choice(words.URGENT))
    if urgency == "emergency":
        sentences.append(random.choice(words.EMERGENCY))
    return " ".join(sentences).format(item=item.name, percent=random.choice(INCREASES_PERCENT))


def _reason(random: Random, department: str, category: str, item: Item) -> str:
    if category == "marketing-tools" and random.random() < CAMPAIGN_SHARE:
        return random.choice(words.CAMPAIGN)
    if item.renewable and random.random() < RENEWAL_SHARE:
        return random.choice(words.RENEWAL)
    return random.choice(words.PLAIN[department])


def _weighted(random: Random, weights: Mapping[T, float]) -> T:
    return random.choices(list(weights), list(weights.values()))[0]
