"""Support triage: text, numbers, lists and gaps in the records."""

from random import Random
from typing import Any, Literal

from benchmarks.learning.problem import Problem
from benchmarks.learning.world import Hidden, World, problem_of
from libs.contracts.events import Condition

Op = Literal["eq", "ne", "ge", "lt", "contains"]
PLANS = ("free", "team", "business", "enterprise")
PRODUCTS = ("editor", "sync", "billing portal", "mobile app", "api", "reports", "importer")
CHANNELS = ("email", "chat", "phone", "forum")
TAGS = ("outage", "invoice", "login", "slow", "feature", "export", "security", "trial", "vip")
TOPICS = {
    "refund": "We were charged twice and would like a refund of the invoice.",
    "password": "Nobody can log in, the password reset mail never arrives.",
    "crash": "It keeps crashing right after the start since the update.",
    "slow": "Everything is slow in the morning, pages take a minute.",
    "export": "The export stops half way and the file is empty.",
    "cancel": "We think of cancelling because the price went up.",
    "feature": "It would be great to have a dark theme.",
    "legal": "Our lawyer asks for the data processing agreement.",
    "migration": "We plan a migration of two thousand users next month.",
}
EXTRAS = (
    "Please answer soon.",
    "This is the third time that we write.",
    "The board looks at it tomorrow.",
    "No hurry.",
    "Our customers notice.",
    "Screenshots are attached.",
)


def _row(chance: Random) -> dict[str, Any]:
    plan = chance.choices(PLANS, (4, 3, 2, 1))[0]
    text = chance.choice(list(TOPICS.values()))
    tags = chance.sample(TAGS, chance.choice((0, 0, 1, 1, 2, 3)))
    seats = int(2 ** chance.uniform(0, 10)) if plan != "free" else chance.randint(1, 5)
    return {
        "ticket": {
            "channel": chance.choice(CHANNELS),
            "product": chance.choice(PRODUCTS),
            "text": " ".join([text, *chance.sample(EXTRAS, chance.choice((0, 1, 2)))]),
            "tags": tags,
            "attachments": chance.choice((0, 0, 0, 1, 2, 5)),
            "hour": chance.randint(0, 23),
        },
        "customer": {
            "plan": plan if chance.random() > 0.05 else None,
            "seats": seats,
            "monthly_value": round(seats * chance.uniform(3, 14), 2),
            "health": round(chance.betavariate(3, 2), 2) if chance.random() > 0.1 else None,
            "open_tickets": min(9, int(chance.expovariate(0.6))),
            "is_trial": chance.random() < 0.2,
            "country": chance.choice(("DE", "FR", "US", "GB", "JP", "BR")),
        },
    }


def _condition(fact: str, op: Op, value: Any, of_list: bool = False) -> Condition:
    return Condition(fact=fact, op=op, value=value, of_list=of_list)


def _cause(chance: Random) -> Condition:
    kind = chance.randrange(8)
    if kind == 0:
        return _condition("customer.plan", "eq", chance.choice(PLANS))
    if kind == 1:
        word = chance.choice(("refund", "crash", "slow", "export", "price", "lawyer", "board"))
        return _condition("ticket.text", "contains", word)
    if kind == 2:
        return _condition("ticket.tags", "contains", chance.choice(TAGS), True)
    if kind == 3:
        return _condition("ticket.product", "eq", chance.choice(PRODUCTS))
    if kind == 4:
        return _condition("ticket.channel", "eq", chance.choice(CHANNELS))
    if kind == 5:
        return _condition("customer.is_trial", "eq", True)
    fact, values = chance.choice(
        (
            ("customer.seats", (10, 50, 100, 250)),
            ("customer.monthly_value", (100, 500, 1000)),
            ("customer.health", (0.4, 0.5, 0.6)),
            ("customer.open_tickets", (1, 2, 3)),
            ("ticket.hour", (8, 18, 20)),
        )
    )
    return _condition(fact, chance.choice(("ge", "lt")), chance.choice(values))


_AGENT = (
    Hidden((_condition("ticket.tags", "contains", "outage", True),), "urgent"),
    Hidden((_condition("ticket.text", "contains", "crash"),), "high"),
    Hidden((_condition("customer.plan", "eq", "enterprise"),), "high"),
    Hidden((_condition("ticket.text", "contains", "theme"),), "low"),
)
WORLD = World(
    name="support",
    labels=("low", "normal", "high", "urgent"),
    default="normal",
    row=_row,
    cause=_cause,
    agent=_AGENT,
)


def support(
    seed: int, stream: int = 520, fresh: int = 1_000, turned_at: int | None = None
) -> Problem:
    """Four priorities; the reviewer has eight habits that nobody wrote down."""
    return problem_of(WORLD, seed, stream, fresh, turned_at)
