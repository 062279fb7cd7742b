"""Routing of documents to one of nine teams, without a word of reason from anybody."""

from random import Random
from typing import Any, Literal

from benchmarks.learning.problem import Problem
from benchmarks.learning.world import Hidden, World, problem_of
from libs.contracts.events import Condition

TEAMS = (
    "accounts",
    "claims",
    "compliance",
    "fraud",
    "hardship",
    "legal",
    "mortgages",
    "pensions",
    "retail",
)
KINDS = ("letter", "form", "complaint", "statement", "court order", "certificate", "inquiry")
PRODUCTS = ("current", "savings", "mortgage", "pension", "card", "loan", "insurance", "none")
REGIONS = ("north", "south", "east", "west", "abroad")
FLAGS = ("vip", "deceased", "arrears", "joint", "minor")
SENDERS = ("customer", "lawyer", "court", "employer", "authority", "relative")


def _row(chance: Random) -> dict[str, Any]:
    sender = chance.choices(SENDERS, (10, 2, 1, 2, 2, 2))[0]
    return {
        "kind": chance.choices(KINDS, (6, 5, 3, 3, 1, 2, 4))[0],
        "product": chance.choice(PRODUCTS),
        "sender": sender,
        "region": chance.choice(REGIONS),
        "pages": chance.randint(1, 30),
        "age": chance.randint(18, 95),
        "balance": round(chance.lognormvariate(8, 1.6) - 2_000, 2),
        "years": chance.randint(0, 40),
        "signed": chance.random() < 0.7,
        "flags": chance.sample(FLAGS, chance.randint(0, 2)),
    }


def _condition(fact: str, op: Literal["eq", "ge", "lt", "contains"], value: Any) -> Condition:
    return Condition(fact=fact, op=op, value=value, of_list=op == "contains")


def _cause(chance: Random) -> Condition:
    fact, op, values = chance.choice(
        (
            ("kind", "eq", KINDS),
            ("product", "eq", PRODUCTS),
            ("product", "eq", PRODUCTS),
            ("sender", "eq", SENDERS),
            ("region", "eq", REGIONS),
            ("signed", "eq", (False,)),
            ("flags", "contains", FLAGS),
            ("age", "ge", (60, 67, 75)),
            ("balance", "lt", (0, 500)),
            ("balance", "ge", (5_000, 10_000)),
            ("years", "ge", (10, 20)),
            ("pages", "ge", (10, 20)),
        )
    )
    return _condition(fact, op, chance.choice(values))  # type: ignore[arg-type]


_AGENT = (
    Hidden((_condition("product", "eq", "mortgage"),), "mortgages"),
    Hidden((_condition("product", "eq", "pension"),), "pensions"),
    Hidden((_condition("product", "eq", "insurance"),), "claims"),
    Hidden((_condition("sender", "eq", "court"),), "legal"),
    Hidden((_condition("flags", "contains", "arrears"),), "hardship"),
)
WORLD = World(
    name="routing",
    labels=TEAMS,
    default="retail",
    row=_row,
    cause=_cause,
    agent=_AGENT,
    rules=12,
    reasoned=0.0,
)


def routing(seed: int, stream: int = 520, fresh: int = 1_000) -> Problem:
    """Nine labels, twelve hidden rules; facts have no namespace."""
    return problem_of(WORLD, seed, stream, fresh)
