"""A condition means the same in Python and in CEL, of any facts."""

import random
from typing import Any

import cel
import pytest

from libs.contracts.events import Condition
from libs.facts import flatten, holds, learn_vocabulary, to_cel
from libs.facts.plain_json import plain

TEXTS = ("Acme", "Birch & Sons", "", "a long text about an outage, up 12 %", "x", "5", "true")
NUMBERS = (0, 1, 5, 5.0, -3, 0.25, 1e6, -1e-3, 12)
MISSING = object()


def value(chance: random.Random, kind: int) -> Any:
    options: tuple[Any, ...] = (
        chance.choice(TEXTS),
        chance.choice(NUMBERS),
        chance.random() < 0.5,
        chance.sample(TEXTS, chance.randint(0, 3)),
        None,
        MISSING,
    )
    return options[kind] if chance.random() < 0.7 else chance.choice(options)


def document(chance: random.Random) -> dict[str, Any]:
    """Facts of changing kinds at three depths; the middle of a path may be null or missing."""
    kinds = {"text": 0, "number": 1, "truth": 2, "list": 3, "gap": 4, "hole": 5}
    fields = {name: value(chance, kind) for name, kind in kinds.items()}
    told = {name: one for name, one in fields.items() if one is not MISSING}
    deep = chance.choice(({"b": told}, {"b": told}, {"b": None}, {}))
    return {"a": told, "deep": deep}


def says(expression: str, facts: dict[str, Any]) -> bool:
    """As a rule does: one that cannot be evaluated does not fire."""
    try:
        return bool(cel.compile(expression).execute(cel.Context(variables=plain(facts))))
    except Exception:
        return False


@pytest.mark.parametrize("seed", range(8))
def test_every_condition_that_facts_can_spell_agrees_with_its_cel(seed: int) -> None:
    chance = random.Random(seed)
    documents = [document(chance) for _ in range(40)]
    rows = [flatten(one) for one in documents]
    labels = [chance.choice(("yes", "no")) for _ in rows]
    found = learn_vocabulary(rows, support_min=1, labels=labels)
    assert {"missing", "size_lt", "eq", "ge", "contains"} <= {one.op for one in found.conditions}
    for condition, truths in zip(found.conditions, found.columns, strict=True):
        expression = to_cel([condition], found.optional)
        assert [holds(condition, row) for row in rows] == truths.tolist(), condition
        assert [says(expression, one) for one in documents] == truths.tolist(), expression


def test_a_known_fact_is_the_opposite_of_a_missing_one() -> None:
    missing = Condition(fact="a.b.c", op="missing", value=True)
    known = Condition(fact="a.b.c", op="missing", value=False)
    for facts in ({"a": {}}, {"a": {"b": None}}, {"a": {"b": {}}}, {"a": {"b": {"c": 1}}}):
        assert says(to_cel([missing]), facts) != says(to_cel([known]), facts)
        assert holds(known, flatten(facts)) == says(to_cel([known]), facts)
