"""How often a whole mining run accepts a false improvement: `python -m benchmarks.acceptance`.

Whole runs against the acceptor's own domain code, without disk or network.

A miner drafts candidates from the mine split, sees accept or refuse, and drafts again. What it
drafts may be worth something or nothing; a candidate is an improvement when its true win rate is
above its loss rate.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from pawl_sdk.bundle import AgentSpec

from libs.contracts.splits import split_of
from libs.stats.alpha import AlphaBudget, Level
from libs.stats.intervals import clopper_pearson
from services.experiments.domain.cases import Case, Cases, group_count
from services.experiments.domain.comparison import paired_result
from services.experiments.domain.limits import Limits, limit_results
from services.experiments.domain.replayed import Replayed
from services.experiments.domain.screening import screen
from services.experiments.domain.sealed import not_worth_a_test, sealed_reasons

SPEC = AgentSpec(name="simulated")
LIMITS = Limits(error_margin=0.05, latency_floor_ms=50.0)
RIGHT, WRONG = Replayed(output={"d": "yes"}), Replayed(output={"d": "no"})
N = 130


@dataclass(frozen=True)
class Candidate:
    """Chances to turn a wrong answer right and a right one wrong."""

    win_rate: float
    loss_rate: float

    @property
    def improves(self) -> bool:
        return self.win_rate > self.loss_rate

    def answers(self, baseline: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Half of the baseline is right, so rates over all examples double on each half."""
        chance = rng.random(len(baseline))
        return np.where(baseline, chance >= 2 * self.loss_rate, chance < 2 * self.win_rate)


class Levels(Protocol):
    """An alpha budget, or what somebody without one would do."""

    def level_after(self, accepted: Sequence[bool]) -> Level | None: ...


class EachAt5Percent:
    """The usual way: every test at 0.05, as many as one likes."""

    def level_after(self, accepted: Sequence[bool]) -> Level | None:
        return Level(len(accepted) + 1, 0.05, 1.0)


@dataclass
class Tally:
    """What a number of runs came to."""

    runs: int = 0
    runs_with_false_acceptance: int = 0
    accepted: int = 0
    sealed_tests: int = 0
    proposals: int = 0

    @property
    def error_rate(self) -> float:
        return self.runs_with_false_acceptance / self.runs


@dataclass
class Run:
    """One agent, one sealed split, one budget."""

    rng: np.random.Generator
    budget: Levels
    power_min: float = 0.05
    history: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        salt = int(self.rng.integers(2**40))
        self.cases = Cases.of(
            Case(
                example_key=f"{number:04}", trace_id="", group=str(number),
                split=split_of("simulated", f"{salt}-{number}"), input=number, expected="yes",
            )
            for number in range(N)
        )  # fmt: skip
        self.baseline = self.rng.random(N) < 0.5

    def propose(self, candidate: np.ndarray) -> bool | None:
        """Accepted, refused, or None when it ended before the sealed test."""
        before, after = self._replays(self.baseline), self._replays(candidate)
        mine = paired_result(self.cases.mine, before, after, "d")
        select = paired_result(self.cases.select, before, after, "d")
        level = self.budget.level_after(self.history)
        if level is None or screen(mine, select):
            return None
        groups = group_count(self.cases.sealed)
        if not_worth_a_test(mine, select, groups, level.level, self.power_min):
            return None
        sealed = paired_result(self.cases.sealed, before, after, "d")
        rails, costs = limit_results(SPEC, "d", self.cases, before, after, LIMITS)
        accepted, _ = sealed_reasons(sealed, level.level, rails, costs)
        self.history.append(accepted)
        if accepted:
            self.baseline = candidate
        return accepted

    def _replays(self, right: np.ndarray) -> dict[str, Replayed]:
        return {f"{n:04}": RIGHT if one else WRONG for n, one in enumerate(right)}

    def score(self, candidate: np.ndarray) -> int:
        """What a miner can see: the net gain on the mine split."""
        mined = [int(case.example_key) for case in self.cases.mine]
        return int(candidate[mined].sum()) - int(self.baseline[mined].sum())


def simulate(
    runs: int,
    seed: int,
    budget: Levels,
    kinds: Sequence[Candidate],
    drafts: int = 8,
    tries: int = 12,
) -> Tally:
    """Each round the miner drafts several candidates of one kind and sends the best on mine.

    The kind of the next round follows the bit of the last: an accepted one makes it greedy for
    the last kind, which is the worst.
    """
    rng, tally = np.random.default_rng(seed), Tally()
    for _ in range(runs):
        run, wrong = Run(rng, budget), False
        for number in range(tries):
            kind = kinds[-1] if any(run.history) else kinds[number % len(kinds)]
            options = [kind.answers(run.baseline, rng) for _ in range(drafts)]
            outcome = run.propose(max(options, key=run.score))
            tally.proposals += 1
            tally.sealed_tests += outcome is not None
            tally.accepted += bool(outcome)
            wrong |= bool(outcome) and not kind.improves
        tally.runs += 1
        tally.runs_with_false_acceptance += wrong
    return tally


NULL = Candidate(0.2, 0.2)
HARM = Candidate(0.1, 0.13)
STRONG = Candidate(0.18, 0.02)
WORLDS: dict[str, tuple[Candidate, ...]] = {
    "no improvement exists": (NULL,),
    "some harm, none improve": (NULL, HARM),
    "real ones first, then none": (STRONG, NULL),
}
POLICIES: dict[str, Levels] = {
    "adaptive (default)": AlphaBudget(),
    "fallback": AlphaBudget(policy="fallback"),
    "each test at 0.05": EachAt5Percent(),
}


def main(runs: int = 2000) -> None:
    """Print one line for each world and policy."""
    print(f"{runs} runs each, {N} examples, 12 proposals a run, each the best of 8 on mine")
    for world, kinds in WORLDS.items():
        for policy, budget in POLICIES.items():
            tally = simulate(runs, 1, budget, kinds)
            interval = clopper_pearson(tally.runs_with_false_acceptance, tally.runs)
            print(
                f"{world:28} {policy:20} a false acceptance in {tally.error_rate:6.2%} of runs "
                f"({interval.low:.2%} to {interval.high:.2%}), accepted {tally.accepted / runs:.2f}"
                f" and sealed tests {tally.sealed_tests / runs:.2f} a run"
            )


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
