"""The demo's loop over many seeds, offline: `python -m benchmarks.cycles [SEED ...]`.

Requests of the demo's generator through its deterministic agent, its reviewer, and the platform's
own learning and acceptance, cycle by cycle as `pawl demo` plays them: 130 reviews, then the era's
procedure evidence decides whether the list learned from everything is served. Counted on 1,000
requests that nothing has seen. Exit code 1 when a bar is not met.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmarks.learning.procurement import PERIOD, procurement
from libs.acceptance import Spent, next_level
from libs.acceptance.learner import GrowingLearner
from libs.acceptance.procedure import Era, Review, assess
from libs.acceptance.served import Rules, answer_of
from libs.learning import Case, learn_best

FIRST_MIN, LAST_MIN, CONDITIONS_MAX = 0.90, 0.94, 20


@dataclass(frozen=True)
class Played:
    """Agreement on fresh requests: of the agent, after the first cycle and after the last."""

    seed: int
    baseline: float
    first: float
    last: float
    promoted_after: tuple[int, ...]
    conditions: int


def play(seed: int) -> Played:
    """Four cycles of one seed."""
    problem = procurement(seed)
    served: Rules = ()
    spent: list[Spent] = []
    promoted: list[int] = []
    agreements: list[float] = []
    era, share, start = None, 0.0, 0
    for end in range(PERIOD, len(problem.stream) + 1, PERIOD):
        if era is None:
            grant = next_level("procedure", spent)
            era, share = Era(level=grant.level), grant.share
        reviews = [
            Review(place + 1, case.key, case, _right(served, case) if place >= start else None)
            for place, case in enumerate(problem.stream[:end])
        ]
        if assess(reviews, GrowingLearner(), era).passed:
            served = learn_best(problem.stream[:end]).rules
            spent.append(Spent("procedure", share, "accepted"))
            promoted.append(end)
            era, start = None, end
        agreements.append(fmean(_right(served, case) for case in problem.fresh))
    baseline = fmean(case.answered == case.expected for case in problem.fresh)
    size = sum(len(rule.conditions) for rule in served)
    return Played(seed, baseline, agreements[0], agreements[-1], tuple(promoted), size)


def _right(rules: Rules, case: Case) -> bool:
    return answer_of(rules, case.facts, case.answered) == case.expected


def main(arguments: Sequence[str]) -> int:
    seeds = [int(one) for one in arguments] or list(range(1, 11))
    played = []
    for seed in seeds:
        one = play(seed)
        played.append(one)
        print(
            f"seed {one.seed}: {one.baseline:.3f} -> {one.first:.3f} -> {one.last:.3f}, promoted "
            f"after {list(one.promoted_after)}, {one.conditions} conditions",
            flush=True,
        )
    first, last = fmean(one.first for one in played), fmean(one.last for one in played)
    conditions = fmean(one.conditions for one in played)
    held = all(min(one.first, one.last) >= one.baseline for one in played)
    print(f"mean: {first:.3f} after the first cycle, {last:.3f} after the last, {conditions:.1f}")
    good = first >= FIRST_MIN and last >= LAST_MIN and conditions <= CONDITIONS_MAX and held
    print("bars met" if good else "bars not met")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
