"""A life: candidate after candidate under the platform's levels, with an era's test beside.

Both lanes look at the same reviews: the era's procedure test takes the gains of whatever is
drafted, the exact tests those of their own candidate.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.lifetimes.miners import Miner
from benchmarks.lifetimes.trial import Rng, Trial, draw_gains, run_trial
from libs.acceptance import Lane, Outcome, Spent, next_level
from libs.stats import betting
from libs.stats.paired import mcnemar_one_sided

CANDIDATES = 50
REVIEWS = 200
"""Fresh reviews that a candidate may have before the next one takes its place."""


@dataclass
class Lived:
    """Promotions of a life, and how many of them were of candidates that do not help."""

    promotions: int = 0
    false: int = 0
    reviews: int = 0
    real_seen: int = 0

    @property
    def false_share(self) -> float:
        return self.false / max(1, self.promotions)


def live(miner: Miner, rng: Rng, candidates: int = CANDIDATES) -> Lived:
    """Pawl: levels from the ledger, exact and procedure tests side by side."""
    lived, ledger, seen = Lived(), _Ledger(), list[Trial]()
    era, money = ledger.open("procedure"), betting.START
    for _ in range(candidates):
        candidate = miner.draft(seen, rng)
        place = ledger.open("exact")
        gains = draw_gains(rng, candidate, REVIEWS)
        trial = run_trial(gains, ledger.levels[place], miner.behind_max)
        crossed, money = _bet(money, gains[: trial.n], ledger.levels[era])
        used = trial.wins + trial.losses > 0
        seen.append(trial)
        lived.reviews += trial.n
        lived.real_seen += candidate.helps
        passed = trial.verdict == "accept"
        ledger.close(place, "accepted" if passed else "refused" if used else "unused")
        if passed or crossed:
            lived.promotions += 1
            lived.false += not candidate.helps
            ledger.close(era, "accepted" if crossed else "refused")
            era, money = ledger.open("procedure"), betting.START
    return lived


class _Ledger:
    def __init__(self) -> None:
        self.tests: list[Spent] = []
        self.levels: list[float] = []

    def open(self, lane: Lane) -> int:
        grant = next_level(lane, self.tests)
        self.tests.append(Spent(lane, grant.share, "open"))
        self.levels.append(grant.level)
        return len(self.tests) - 1

    def close(self, place: int, outcome: Outcome) -> None:
        self.tests[place] = replace(self.tests[place], outcome=outcome)


def _bet(money: betting.Money, gains: np.ndarray, level: float) -> tuple[bool, betting.Money]:
    """Whether the era's e-value reached 1 / level on the way, and the money after."""
    moved = gains[gains != 0]
    if not len(moved):
        return False, money
    logs = np.log1p(np.outer(moved, betting.STAKES)).cumsum(axis=0) + np.array(money)
    e_values = np.exp(np.minimum(logs, 700)).mean(axis=1)
    return bool((e_values >= 1 / level).any()), tuple(logs[-1])


def greedy(miner: Miner, rng: Rng, candidates: int = CANDIDATES) -> Lived:
    """Rival: the best of eight drafts on the reviews that they were drafted from, if it gains."""
    return _without_ledger(miner, rng, candidates, _best_of_lessons)


def mcnemar_each(miner: Miner, rng: Rng, candidates: int = CANDIDATES) -> Lived:
    """Rival: 100 fresh reviews for each candidate, one-sided McNemar at 5 %."""
    return _without_ledger(miner, rng, candidates, _at_five_percent)


def _without_ledger(
    miner: Miner, rng: Rng, candidates: int, accepts: Callable[[Rng, np.ndarray], bool]
) -> Lived:
    lived, seen = Lived(), list[Trial]()
    for _ in range(candidates):
        candidate = miner.draft(seen, rng)
        gains = draw_gains(rng, candidate, 100)
        passed = accepts(rng, gains)
        wins, losses = int((gains > 0).sum()), int((gains < 0).sum())
        seen.append(Trial(gains, 100, wins, losses, "accept" if passed else "refuse"))
        lived.promotions += passed
        lived.false += passed and not candidate.helps
        lived.reviews += 100
        lived.real_seen += candidate.helps
    return lived


def _best_of_lessons(rng: Rng, gains: np.ndarray) -> bool:
    drafts = [gains, *(rng.permutation(gains) * rng.choice((-1, 1), len(gains)) for _ in range(7))]
    return bool(max(int(draft.sum()) for draft in drafts) > 0)


def _at_five_percent(rng: Rng, gains: np.ndarray) -> bool:
    return mcnemar_one_sided(int((gains > 0).sum()), int((gains < 0).sum())) <= 0.05
