"""Logs that change, and logs in which there is nothing to learn."""

from collections.abc import Iterable
from dataclasses import replace
from random import Random
from statistics import mean

from benchmarks.learning.problem import agreement
from benchmarks.learning.support import WORLD, support
from libs.learning import Case, Prior, learn_best

TURN = 350
LATER = (0, 100, 200, 350)
WRONG_SHARE = 0.25
REVIEWS = 130


def print_turning(seeds: Iterable[int]) -> None:
    """Two of the reviewer's rules turn round: agreement with her new mind, as reviews come in."""
    problems = [support(one, TURN + max(LATER), turned_at=TURN) for one in seeds]
    agent = mean(agreement([], one.fresh) for one in problems)
    print(f"\nsupport, two rules turned round after {TURN} reviews; agent {agent:.3f}")
    for later in LATER:
        learned = [learn_best(one.stream[: TURN + later], Prior()) for one in problems]
        found = [agreement(one.rules, p.fresh) for one, p in zip(learned, problems, strict=True)]
        dropped = sum(not one.window.whole for one in learned)
        least = min(
            one - agreement([], problem.fresh) for one, problem in zip(found, problems, strict=True)
        )
        print(
            f"  after {later:3} more: {mean(found):.3f}, lowest {min(found):.3f}, least gain "
            f"{least:+.3f}, outdated cases left out in {dropped} of {len(found)}",
            flush=True,
        )


def print_noise(seeds: Iterable[int]) -> None:
    """A quarter of the answers is corrected by lot."""
    learned = [learn_best(random_corrections(one)).rules for one in seeds]
    empty = sum(not rules for rules in learned)
    longest = max(len(rules) for rules in learned)
    print(f"\nrandom corrections: nothing learned from {empty} of {len(learned)} logs, ", end="")
    print(f"at most {longest} rules")


def random_corrections(seed: int) -> list[Case]:
    """Reviews that depend on nothing."""
    chance = Random(f"noise:{seed}")
    found = []
    for case in support(seed, REVIEWS, 0).stream:
        wrong = chance.random() < WRONG_SHARE
        others = [label for label in WORLD.labels if label != case.answered]
        expected = chance.choice(others) if wrong else case.answered
        found.append(replace(case, expected=expected, reason="", precedent=None))
    return found
