"""Is the candidate at most a margin worse? A claim that has to be shown, not assumed."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.stats.clusters import design_effect
from libs.stats.intervals import paired_difference, z_of
from libs.stats.paired import Pair


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
