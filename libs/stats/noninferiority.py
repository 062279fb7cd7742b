"""Is the candidate at most a margin worse? A claim that has to be shown, not assumed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr
from scipy.stats import hypergeom

from libs.stats.clusters import design_effect
from libs.stats.intervals import clopper_pearson, paired_difference, z_of
from libs.stats.paired import Pair

FLIPS_EXACT_MAX = 14


@dataclass(frozen=True)
class NonInferiority:
    """`low` is the one-sided lower bound of the difference; shown when it is above -margin."""

    n: int
    baseline: float
    candidate: float
    difference: float
    low: float
    margin: float

    @property
    def shown(self) -> bool:
        return self.n > 0 and self.low > -self.margin


def non_inferiority(pairs: Sequence[Pair], margin: float, level: float = 0.05) -> NonInferiority:
    """Compare paired rates of something good; one-sided at `level`, by Tango's score bound.

    Source: Tango, Stat. Med. 17:891 (1998), which gives this very test of equivalence for pairs.
    """
    if not 0 <= margin <= 1:
        raise ValueError(f"expected a margin between 0 and 1, came {margin}")
    n = len(pairs)
    wins = sum(pair.candidate and not pair.baseline for pair in pairs)
    losses = sum(pair.baseline and not pair.candidate for pair in pairs)
    groups: dict[object, list[float]] = {}
    for pair in pairs:
        groups.setdefault(pair.group, []).append(float(pair.candidate) - float(pair.baseline))
    effect = design_effect(list(groups.values()))
    bound = paired_difference(wins / effect, losses / effect, n / effect, 1 - 2 * level)
    return NonInferiority(
        n=n,
        baseline=sum(pair.baseline for pair in pairs) / n if n else 0.0,
        candidate=sum(pair.candidate for pair in pairs) / n if n else 0.0,
        difference=(wins - losses) / n if n else 0.0,
        low=bound.low,
        margin=margin,
    )


def examples_for_margin(margin: float, level: float = 0.05) -> int:
    """The fewest examples that can show non-inferiority, when not one pair differs."""
    if not 0 < margin <= 1:
        raise ValueError(f"expected a margin above 0 and at most 1, came {margin}")
    z = z_of(1 - 2 * level)
    return int(z * z * (1 - margin) / margin) + 1


def rate_bound(events: int, n: int, level: float = 0.05) -> float:
    """The highest rate that so few events in n do not rule out; 1 without examples.

    Exact (Clopper and Pearson, 1934). Without any event it is the rule of three: about 3 / n at
    level 0.05 (Hanley and Lippman-Hand, JAMA 249:1743, 1983).
    """
    if n == 0:
        return 1.0
    return clopper_pearson(events, n, 1 - 2 * level).high


def sign_flip_p_value(differences: Sequence[float]) -> float:
    """One-sided: how often a sum this large comes out when each sign is a coin's.

    Exact up to 14 differences that are not zero, above by the normal limit. Source: Fisher, The
    Design of Experiments (1935), section 21.
    """
    moved = np.array([one for one in differences if one != 0.0])
    if not len(moved) or moved.sum() <= 0:
        return 1.0
    if len(moved) > FLIPS_EXACT_MAX:
        return float(1 - ndtr(moved.sum() / math.sqrt(float((moved**2).sum()))))
    signs = 1 - 2 * ((np.arange(2 ** len(moved))[:, None] >> np.arange(len(moved))) & 1)
    slack = 1e-9 * float(np.abs(moved).sum())
    return float((signs @ np.abs(moved) >= moved.sum() - slack).mean())


def tail_p_value(limits: Sequence[float], candidate: Sequence[float], share: float) -> float:
    """How surprising so many long runs are, if the candidate's were no longer than the limits.

    `limits` are the baseline's values as high as they may get. Counted are the candidate's values
    above the `share` quantile of these; exact for equal distributions of any shape (the count above
    an order statistic of another sample: Gumbel and von Schelling, Ann. Math. Stat. 21:247, 1950).
    """
    if not limits or not candidate:
        return 1.0
    rank = int((1 - share) * len(limits)) + 1
    limit = sorted(limits)[-rank]
    above = sum(value > limit for value in candidate)
    pooled = len(limits) + len(candidate)
    top = above + rank - 1
    return float(hypergeom.sf(above - 1, pooled, len(candidate), top)) if above else 1.0
