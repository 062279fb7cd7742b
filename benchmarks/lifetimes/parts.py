"""The parts of the benchmark: each plays its runs from one seed and gives bars and figures."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.bars import Bar, Outcome
from benchmarks.lifetimes.groups import SIZES, WAYS, passes
from benchmarks.lifetimes.life import Lived, greedy, live, mcnemar_each
from benchmarks.lifetimes.logs import play_random, play_turned
from benchmarks.lifetimes.miners import Miner, Mixed, Useless
from benchmarks.lifetimes.trial import Candidate, draw_gains
from libs.acceptance import ExactTest, next_level
from libs.stats.intervals import clopper_pearson

SEED = 12
LEVEL = next_level("exact", []).level
NEITHER_KEPT = 20
"""Rivals need fewer lives to be told apart."""


@dataclass(frozen=True)
class Size:
    """How many runs of each part."""

    lives: int = 2000
    group_runs: int = 500
    power_runs: int = 2000
    random_logs: int = 200
    turned_logs: int = 20

    @classmethod
    def quick(cls) -> "Size":
        """A minute or so, for developing."""
        return cls(100, 40, 200, 20, 3)


USELESS: dict[str, Miner] = {
    "useless, patient": Useless(behind_max=None),
    "useless, taken back when 3 behind": Useless(behind_max=3),
    "useless, taken back when 1 behind": Useless(behind_max=1),
    "harmful": Useless(behind_max=3, harm=0.2),
}
MIXED: dict[str, Miner] = {
    "a quarter are true gains": Mixed(),
    "one in ten is a true gain": Mixed(share_real=0.1),
}
TESTERS: dict[str, Callable[[Miner, np.random.Generator], Lived]] = {
    "pawl": live,
    "McNemar at 5 % each": mcnemar_each,
    "greedy": greedy,
}


def useless(size: Size) -> Outcome:
    """No candidate helps: in how many lives is anything ever promoted?"""
    bars, figures = [], {}
    for name, miner in USELESS.items():
        for tester, lives in _lives(miner, size).items():
            wrong = sum(one.promotions > 0 for one in lives)
            figures[f"{name}: {tester}"] = _share(wrong, len(lives))
            if tester == "pawl":
                bars.append(_at_most(f"any promotion, {name}", 100 * wrong / len(lives), 5))
    return Outcome(bars, figures)


def mixed(size: Size) -> Outcome:
    """Some candidates help: what share of a life's promotions is false, on average?"""
    bars, figures = [], {}
    for name, miner in MIXED.items():
        for tester, lives in _lives(miner, size).items():
            share = float(np.mean([one.false_share for one in lives]))
            figures[f"{name}: {tester}"] = {
                "lives": len(lives),
                "false_share": round(share, 4),
                "promotions_a_life": round(float(np.mean([one.promotions for one in lives])), 2),
                "real_gains_a_life": round(float(np.mean([one.real_seen for one in lives])), 2),
                "reviews_a_life": round(float(np.mean([one.reviews for one in lives]))),
            }
            if tester == "pawl":
                bars.append(_at_most(f"false share, {name}", 100 * share, 5))
    return Outcome(bars, figures)


def groups(size: Size) -> Outcome:
    """Unequal groups; agreement per example falls, or stays: how often does the change pass?"""
    bars, figures = [], {}
    for way in WAYS:
        for sizes in SIZES:
            for tilt in (1.0, 1.3):
                found = passes(way, sizes, size.group_runs, LEVEL, SEED, tilt)
                name = f"{way}, sizes {sizes}, {tilt} lost for each won"
                figures[name] = {
                    "pawl": _share(found.pawl, found.runs),
                    "each group counted once": _share(found.counted_once, found.runs),
                }
                share = 100 * found.pawl / found.runs
                bars.append(_at_most(name, share, 100 * LEVEL))
    return Outcome(bars, figures)


def power(size: Size) -> Outcome:
    """12 % wins and 2 % losses as the first candidate: how many reviews until it is accepted?"""
    rng, ends = np.random.default_rng(SEED), []
    for _ in range(size.power_runs):
        test = ExactTest.opened(LEVEL, ["a"])
        for number, gain in enumerate(draw_gains(rng, Candidate(0.12, 0.02), 600)):
            if test.observe(str(number), int(gain)) != "wait":
                break
        ends.append(test.n if test.decision == "accept" else np.inf)
    within = 100 * float(np.mean(np.array(ends) <= 150))
    median = float(np.median(ends))
    bars = [
        Bar("accepted within 150 reviews", "at least 90 %", within, "%", within >= 90),
        Bar("median until accepted", "at most 90 reviews", median, "reviews", median <= 90),
    ]
    return Outcome(bars, {"runs": size.power_runs, "level": LEVEL})


def random_logs(size: Size) -> Outcome:
    """Logs of random corrections, played: in how many is anything promoted?"""
    wrong = sum(bool(play_random(seed).promotions) for seed in range(size.random_logs))
    clean = 100 - 100 * wrong / size.random_logs
    bar = Bar("nothing promoted", "at least 95 %", clean, "% of logs", clean >= 95)
    return Outcome([bar], {"promoted": _share(wrong, size.random_logs)})


def turned_logs(size: Size) -> Outcome:
    """Two of the reviewer's rules turn round: is the loop back above the agent in time?"""
    found = [play_turned(seed) for seed in range(size.turned_logs)]
    back = sum(one.served_late > one.recorded_late for one in found)
    gone = sum(one.replaced for one in found)
    whole = size.turned_logs
    bars = [
        Bar("above the agent after 200 reviews", f"{whole} of {whole}", back, "", back == whole),
        Bar("outdated rules went", f"{whole} of {whole}", gone, "", gone == whole),
    ]
    names = ("recorded_late", "served_before", "served_soon", "served_late")
    means = {n: round(float(np.mean([getattr(one, n) for one in found])), 3) for n in names}
    return Outcome(bars, {"logs": whole, "agreement": means})


PARTS: dict[str, Callable[[Size], Outcome]] = {
    "useless": useless,
    "mixed": mixed,
    "groups": groups,
    "power": power,
    "random-logs": random_logs,
    "turned-logs": turned_logs,
}


def _lives(miner: Miner, size: Size) -> dict[str, list[Lived]]:
    lived = {}
    for tester, play_life in TESTERS.items():
        count = size.lives if tester == "pawl" else max(20, size.lives // NEITHER_KEPT)
        rng = np.random.default_rng(SEED)
        lived[tester] = [play_life(miner, rng) for _ in range(count)]
    return lived


def _share(count: int, whole: int) -> dict[str, float]:
    interval = clopper_pearson(count, whole)
    return {
        "runs": whole,
        "share": round(count / whole, 4),
        "low": round(interval.low, 4),
        "high": round(interval.high, 4),
    }


def _at_most(name: str, measured: float, limit: float) -> Bar:
    return Bar(name, f"at most {limit:.1f} %", measured, "%", measured <= limit)
