"""A judge's rate, corrected for how often the judge is wrong."""

import math
from dataclasses import dataclass

from libs.stats.intervals import Interval, z_of


@dataclass(frozen=True)
class JudgeTrials:
    """How the judge did where people had labelled: its hits among positives and negatives."""

    true_positives: int
    positives: int
    true_negatives: int
    negatives: int


@dataclass(frozen=True)
class CorrectedRate:
    """`rate` is None when the judge is no better than a coin on these labels."""

    apparent: float
    rate: float | None
    interval: Interval


def rogan_gladen(
    flagged: int, n: int, trials: JudgeTrials, confidence: float = 0.95
) -> CorrectedRate:
    """The true rate behind an apparent one (Rogan and Gladen, Am. J. Epidemiol. 107:71, 1978).

    The interval also carries the doubt about the judge: Lang and Reiczigel, Prev. Vet. Med.
    113:13 (2014).
    """
    if not 0 <= flagged <= n or n == 0:
        raise ValueError(f"expected 0 <= flagged <= n and n > 0, came {flagged} and {n}")
    apparent = flagged / n
    if trials.positives == 0 or trials.negatives == 0:
        return CorrectedRate(apparent, None, Interval(0.0, 1.0))
    tpr = trials.true_positives / trials.positives
    tnr = trials.true_negatives / trials.negatives
    if tpr + tnr <= 1:
        return CorrectedRate(apparent, None, Interval(0.0, 1.0))
    rate = _clip((apparent + tnr - 1) / (tpr + tnr - 1))
    return CorrectedRate(apparent, rate, _lang_reiczigel(flagged, n, trials, z_of(confidence)))


def _lang_reiczigel(flagged: int, n: int, trials: JudgeTrials, z: float) -> Interval:
    """Counts are pulled to the middle first (z^2 and 2 pseudo-trials), then Wald with a shift."""
    n_seen = n + z * z
    seen = (flagged + z * z / 2) / n_seen
    n_tpr, n_tnr = trials.positives + 2, trials.negatives + 2
    tpr = (trials.true_positives + 1) / n_tpr
    tnr = (trials.true_negatives + 1) / n_tnr
    youden = tpr + tnr - 1
    if youden <= 0:
        return Interval(0.0, 1.0)
    rate = (seen + tnr - 1) / youden
    tpr_variance = tpr * (1 - tpr) / n_tpr
    tnr_variance = tnr * (1 - tnr) / n_tnr
    shift = 2 * z * z * (rate * tpr_variance - (1 - rate) * tnr_variance)
    variance = seen * (1 - seen) / n_seen + rate**2 * tpr_variance + (1 - rate) ** 2 * tnr_variance
    half = z * math.sqrt(variance) / youden
    return Interval(_clip(rate + shift - half), _clip(rate + shift + half))


def _clip(value: float) -> float:
    return min(1.0, max(0.0, value))
