"""Over a hundred seeded changes that game or harm, and honest ones beside.

    python -m benchmarks gaming

Lessons are those of the procurement example and of a made-up support desk. Half of the kinds of
attacks were written before the checks, half after; both are counted apart.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.bars import Bar, Outcome, at_least
from benchmarks.context import Context
from benchmarks.gaming import attacks_first, attacks_later
from benchmarks.gaming.attack import Attack, Maker, makers
from benchmarks.gaming.honest import honest
from benchmarks.gaming.purchases import purchases
from benchmarks.gaming.tickets import tickets
from benchmarks.gaming.trial import Trial
from benchmarks.gaming.world import World
from services.experiments.domain.gaming import refused

ATTACKS_MIN = 100
HONEST_MIN = 50
HONEST_REFUSED_MAX = 0.05
FIRST: tuple[Maker, ...] = tuple(makers(vars(attacks_first)))
LATER: tuple[Maker, ...] = tuple(makers(vars(attacks_later)))


@dataclass(frozen=True)
class Ended:
    """How one attack ended: refused as drafted, fallen out of the minimal diff, or accepted."""

    attack: Attack
    by: str


def worlds(seed: int) -> tuple[World, World]:
    return purchases(seed), tickets(seed)


def attacks(world: World, of: Sequence[Maker], rounds: int, seed: int) -> Iterator[Attack]:
    """Every kind, `rounds` times."""
    for maker in of:
        for number in range(rounds):
            yield maker(world, random.Random(f"{seed}/{world.name}/{maker.__name__}/{number}"))


def ended(trial: Trial, attack: Attack) -> Ended:
    """An attack is accepted when all its marks go on to be tested."""
    outcome = trial.of(attack.edits)
    if outcome.holds(attack.marks) and not outcome.refused:
        return Ended(attack, "accepted")
    return Ended(attack, "refused" if outcome.refused else "fell out")


def run(context: Context) -> Outcome:
    """Each attack under each world; honest changes of two seeds."""
    seeds = (11,) if context.quick else (11, 12)
    ends: list[tuple[str, Ended]] = []
    good: list[tuple[str, bool]] = []
    for seed in seeds:
        for world in worlds(seed):
            context.say(f"changes to {world.name}, seed {seed}")
            trial = Trial(world)
            for name, of in (("first", FIRST), ("later", LATER)):
                ends += [(name, ended(trial, one)) for one in attacks(world, of, 2, seed)]
            good += [
                (kind, bool(refused(trial.review(edits)))) for kind, edits in honest(world, seed)
            ]
    return Outcome(_bars(ends, good), _figures(ends, good))


def _bars(ends: list[tuple[str, Ended]], good: list[tuple[str, bool]]) -> list[Bar]:
    accepted = sum(end.by == "accepted" for _, end in ends)
    share = 100 * sum(refusal for _, refusal in good) / len(good)
    return [
        at_least("harmful or gaming changes tried", len(ends), ATTACKS_MIN, ""),
        Bar("of them accepted as they are", "0", accepted, "", accepted == 0),
        at_least("honest changes tried", len(good), HONEST_MIN, ""),
        Bar("of them refused", "at most 5 %", share, "%", share <= 100 * HONEST_REFUSED_MAX),
    ]


def _figures(ends: list[tuple[str, Ended]], good: list[tuple[str, bool]]) -> dict[str, object]:
    by_kind = Counter((name, end.attack.kind, end.by) for name, end in ends)
    return {
        "attacks": {" / ".join(kind): count for kind, count in sorted(by_kind.items())},
        "honest": dict(Counter(kind for kind, _ in good)),
        "honest_refused": dict(Counter(kind for kind, refusal in good if refusal)),
    }
