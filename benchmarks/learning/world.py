"""A made-up world: rows are drawn, an agent answers by rules, a reviewer by hidden ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from benchmarks.learning.problem import Problem
from libs.contracts.events import Condition
from libs.facts import Flat, flatten, holds, in_words
from libs.learning import Case

COVERED_MIN, COVERED_MAX = 0.03, 0.12
CHANGED_MIN = 0.6
SAMPLE = 600
TRIES_MAX = 2_000
TURNED = 2


@dataclass(frozen=True)
class Hidden:
    """A rule of the agent or of the reviewer."""

    conditions: tuple[Condition, ...]
    answer: str

    def applies(self, facts: Flat) -> bool:
        return all(holds(one, facts) for one in self.conditions)


@dataclass(frozen=True)
class World:
    """`row` draws nested facts, `cause` a condition that somebody may care about."""

    name: str
    labels: tuple[str, ...]
    default: str
    row: Callable[[Random], dict[str, Any]]
    cause: Callable[[Random], Condition]
    agent: tuple[Hidden, ...]
    rules: int = 8
    noise: float = 0.03
    reasoned: float = 0.5
    """Share of the reviews by a hidden rule that say why; half of those carry a tag, too."""


def hidden_rules(world: World, seed: int) -> tuple[Hidden, ...]:
    """Each changes at least a few answers of what is left over by those before it."""
    chance = Random(f"{world.name}:{seed}:rules")
    left = [flatten(world.row(chance)) for _ in range(SAMPLE)]
    found: list[Hidden] = []
    for _ in range(TRIES_MAX):
        if len(found) == world.rules:
            break
        count = chance.choice((1, 1, 2, 2, 2, 3))
        causes = [world.cause(chance) for _ in range(count)]
        if len({one.fact for one in causes}) < count:
            continue
        rule = Hidden(tuple(causes), chance.choice(world.labels))
        covered = [facts for facts in left if rule.applies(facts)]
        changed = sum(decide(world.agent, world.default, one) != rule.answer for one in covered)
        share = len(covered) / SAMPLE
        if COVERED_MIN <= share <= COVERED_MAX and changed >= CHANGED_MIN * len(covered):
            found.append(rule)
            left = [facts for facts in left if not rule.applies(facts)]
    return tuple(found)


def decide(rules: Sequence[Hidden], default: str, facts: Flat) -> str:
    """What the first rule that applies says."""
    return next((rule.answer for rule in rules if rule.applies(facts)), default)


def problem_of(
    world: World, seed: int, stream: int, fresh: int, turned_at: int | None = None
) -> Problem:
    """The same seed gives the same hidden rules and the same rows.

    At `turned_at` the reviewer turns round on her first two rules.
    """
    before = after = hidden_rules(world, seed)
    if turned_at is not None:
        after = tuple(turned(world, rule, place < TURNED) for place, rule in enumerate(before))
    rows = Random(f"{world.name}:{seed}:rows")
    cases = [
        case_of(world, after if number >= (turned_at or 0) else before, rows, number)
        for number in range(stream + fresh)
    ]
    return Problem(f"{world.name}/{seed}", tuple(cases[:stream]), tuple(cases[stream:]))


def turned(world: World, rule: Hidden, turns: bool) -> Hidden:
    """The same cause with another answer."""
    place = world.labels.index(rule.answer) + turns
    return replace(rule, answer=world.labels[place % len(world.labels)])


def case_of(world: World, rules: Sequence[Hidden], chance: Random, number: int) -> Case:
    """One reviewed row."""
    document = world.row(chance)
    facts = flatten(document)
    answered = decide(world.agent, world.default, facts)
    place = next((n for n, rule in enumerate(rules) if rule.applies(facts)), None)
    expected = answered if place is None else rules[place].answer
    reason, tag = "", None
    if place is not None and chance.random() < world.reasoned:
        reason = f"Because {in_words(rules[place].conditions)}."
        tag = f"habit-{place}" if chance.random() < 0.5 else None
    if chance.random() < world.noise:
        expected, reason, tag = chance.choice(world.labels), "", None
    label = {"draft": {"label": answered}}
    return Case(
        key=f"{world.name}-{number:05d}",
        trace_id=f"{number:032x}",
        facts=flatten({**document, **label}),
        inputs=document,
        answered=answered,
        expected=expected,
        precedent=tag,
        reason=reason,
    )
