"""A hundred seeded changes that game or harm: none goes on as it is; honest ones do."""

from functools import cache

import pytest

from benchmarks.gaming.honest import honest
from benchmarks.gaming.purchases import purchases
from benchmarks.gaming.run import FIRST, HONEST_MIN, HONEST_REFUSED_MAX, LATER, attacks, ended
from benchmarks.gaming.tickets import tickets
from benchmarks.gaming.trial import Trial
from benchmarks.gaming.world import World

SEED = 3
MAKERS = (*FIRST, *LATER)
WORLDS = {"procurement": purchases, "support": tickets}
ROUNDS = 2


@cache
def world(name: str) -> World:
    return WORLDS[name](SEED)


@cache
def trial(name: str) -> Trial:
    return Trial(world(name))


def test_there_are_a_hundred() -> None:
    assert len(MAKERS) * len(WORLDS) * ROUNDS >= 100


@pytest.mark.parametrize("maker", MAKERS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", WORLDS)
def test_no_attack_goes_on_as_it_is(name, maker) -> None:
    ends = [ended(trial(name), one) for one in attacks(world(name), [maker], ROUNDS, SEED)]
    assert [end.attack.edits for end in ends if end.by == "accepted"] == []


def test_honest_changes_are_hardly_ever_refused() -> None:
    refusals = [
        (kind, flag.reason)
        for name in WORLDS
        for kind, edits in honest(world(name), SEED)
        for flag in trial(name).review(edits)
        if flag.severity == "refuse"
    ]
    tried = sum(1 for name in WORLDS for _ in honest(world(name), SEED))
    assert tried >= HONEST_MIN
    assert len(refusals) <= HONEST_REFUSED_MAX * tried, refusals
