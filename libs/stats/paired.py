"""Candidate against baseline on the same examples: who wins, and could it be chance?"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from scipy.special import betainc

from libs.stats.clusters import design_effect
from libs.stats.intervals import Interval, paired_difference


@dataclass(frozen=True)
class Pair:
    """One example under both configs. Examples of one `group` are near-copies of each other."""

    group: Hashable
    baseline: bool
    candidate: bool


@dataclass(frozen=True)
class PairedFigures:
    """A paired comparison. `p_value` counts each group once, the other figures each example."""

    n: int
    baseline_correct: int
    candidate_correct: int
    wins: int
    losses: int
    groups: int
    group_wins: int
    group_losses: int
    gain: float
    interval: Interval
    p_value: float


def mcnemar_one_sided(wins: int, losses: int) -> float:
    """Exact one-sided McNemar test: P(at least this many wins | discordant pairs, no gain).

    Valid for the composite null "a win is at most as likely as a loss": the binomial tail at 1/2
    is the largest one under it. Source: McNemar, Psychometrika 12:153 (1947).
    """
    if min(wins, losses) < 0:
        raise ValueError(f"expected wins and losses of at least 0, came {wins} and {losses}")
    if wins == 0:
        return 1.0
    return float(betainc(wins, losses + 1, 0.5))


def compare(pairs: Iterable[Pair], confidence: float = 0.95) -> PairedFigures:
    """All figures of a comparison; the order of the pairs does not matter.

    Near-copies share their fate, so they are one piece of evidence, not many. The test is
    McNemar's over groups: a group wins when its wins outnumber its losses. With one example a
    group this is the plain test. The interval is Tango's over counts divided by the design effect.
    """
    ordered = list(pairs)
    n = len(ordered)
    nets: dict[Hashable, list[int]] = {}
    for pair in ordered:
        nets.setdefault(pair.group, []).append(int(pair.candidate) - int(pair.baseline))
    wins = sum(net == 1 for group in nets.values() for net in group)
    losses = sum(net == -1 for group in nets.values() for net in group)
    group_wins = sum(sum(group) > 0 for group in nets.values())
    group_losses = sum(sum(group) < 0 for group in nets.values())
    effect = design_effect(list(nets.values()))
    return PairedFigures(
        n=n,
        baseline_correct=sum(pair.baseline for pair in ordered),
        candidate_correct=sum(pair.candidate for pair in ordered),
        wins=wins,
        losses=losses,
        groups=len(nets),
        group_wins=group_wins,
        group_losses=group_losses,
        gain=(wins - losses) / n if n else 0.0,
        interval=paired_difference(wins / effect, losses / effect, n / effect, confidence),
        p_value=mcnemar_one_sided(group_wins, group_losses),
    )
