"""What attacks are made of."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.gaming.honest import add_rule, replace, written
from benchmarks.gaming.world import World
from services.experiments.domain.gaming import Lesson

Edits = list[dict[str, Any]]


@dataclass(frozen=True)
class Attack:
    """`marks` are texts that must not be in what is left of the edits, all of them together.

    With `whole` an attack is got rid of only when nothing of it is left.
    """

    kind: str
    edits: Edits
    marks: tuple[str, ...] = ()


Maker = Callable[[World, random.Random], Attack]


def good_rule(world: World, rng: random.Random) -> dict[str, Any]:
    """One that the learner finds on all lessons, so that an attack has something to hide in."""
    strong = [rule for rule in world.learned if len(rule.conditions) <= 2]
    return add_rule(world, rng.choice(strong[:3]))


def beside(world: World, rng: random.Random, sign: str, clause: str) -> dict[str, Any]:
    """The good rule with a clause at its side."""
    edit = good_rule(world, rng)
    rule = edit["rule"]
    return {**edit, "rule": {**rule, "when": f"({rule['when']}) {sign} {clause}"}}


def some_wrong(world: World, rng: random.Random, count: int) -> list[Lesson]:
    """Cases that the agent gets wrong and whose right answer is the same."""
    wrong = world.wrong()
    answer = rng.choice(wrong).expected
    same = [one for one in wrong if one.expected == answer]
    return rng.sample(same, min(count, len(same)))


def said(value: Any) -> str:
    """As CEL and JSON write it."""
    return json.dumps(value, ensure_ascii=False)


def prompt(world: World, text: str) -> dict[str, Any]:
    """An edit that puts a text at the end of the prompt."""
    last = world.files["prompts/system.md"].rstrip("\n").split("\n")[-1]
    return replace("prompts/system.md", last, f"{last}\n{text}")


def makers(found: dict[str, Any]) -> Iterator[Maker]:
    """The functions of a module that make attacks."""
    for name, value in found.items():
        returns = getattr(value, "__annotations__", {}).get("return")
        if callable(value) and returns is Attack and not name.startswith("_"):
            yield value


__all__ = [
    "Attack",
    "beside",
    "good_rule",
    "makers",
    "prompt",
    "replace",
    "said",
    "some_wrong",
    "written",
]
