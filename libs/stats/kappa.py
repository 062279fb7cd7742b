"""How far a judge agrees with people, and what its rates are worth once corrected for it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from libs.stats.intervals import Interval, clopper_pearson, wilson, z_of


@dataclass(frozen=True)
class ClassRates:
    """One class against the rest. TPR: of those that people call so, the judge does too."""

    label: str
    tpr: float | None
    tpr_interval: Interval
    tnr: float | None
    tnr_interval: Interval
    positives: int
    negatives: int


@dataclass(frozen=True)
class Agreement:
    """`confusion[i][j]`: people said `labels[i]`, the judge said `labels[j]`."""

    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    n: int
    agreement: float | None
    agreement_interval: Interval
    kappa: float | None
    kappa_interval: Interval | None
    classes: tuple[ClassRates, ...]


def agreement(pairs: Sequence[tuple[str, str]], confidence: float = 0.95) -> Agreement:
    """Figures over (person, judge) labels. Kappa is None where it is not defined."""
    labels = tuple(sorted({label for pair in pairs for label in pair}))
    place = {label: number for number, label in enumerate(labels)}
    counts = [[0] * len(labels) for _ in labels]
    for person, judge in pairs:
        counts[place[person]][place[judge]] += 1
    n = len(pairs)
    same = sum(counts[i][i] for i in range(len(labels)))
    confusion = tuple(tuple(row) for row in counts)
    kappa, interval = _kappa(confusion, confidence)
    return Agreement(
        labels=labels,
        confusion=confusion,
        n=n,
        agreement=same / n if n else None,
        agreement_interval=wilson(same, n, confidence),
        kappa=kappa,
        kappa_interval=interval,
        classes=tuple(_rates(i, labels, confusion, confidence) for i in range(len(labels))),
    )


def _kappa(
    confusion: tuple[tuple[int, ...], ...], confidence: float
) -> tuple[float | None, Interval | None]:
    """Cohen's kappa (1960), large-sample interval of Fleiss, Cohen and Everitt (1969)."""
    n = sum(map(sum, confusion))
    if n == 0:
        return None, None
    size = range(len(confusion))
    share = [[confusion[i][j] / n for j in size] for i in size]
    row = [sum(share[i]) for i in size]
    column = [sum(share[i][j] for i in size) for j in size]
    observed = sum(share[i][i] for i in size)
    chance = sum(row[i] * column[i] for i in size)
    if chance >= 1:
        return None, None
    kappa = (observed - chance) / (1 - chance)
    diagonal = sum(share[i][i] * (1 - (row[i] + column[i]) * (1 - kappa)) ** 2 for i in size)
    rest = (1 - kappa) ** 2 * sum(
        share[i][j] * (column[i] + row[j]) ** 2 for i in size for j in size if i != j
    )
    variance = (diagonal + rest - (kappa - chance * (1 - kappa)) ** 2) / (n * (1 - chance) ** 2)
    half = z_of(confidence) * math.sqrt(max(0.0, variance))
    return kappa, Interval(max(-1.0, kappa - half), min(1.0, kappa + half))


def _rates(
    place: int, labels: tuple[str, ...], confusion: tuple[tuple[int, ...], ...], confidence: float
) -> ClassRates:
    n = sum(map(sum, confusion))
    positives = sum(confusion[place])
    negatives = n - positives
    hits = confusion[place][place]
    false_alarms = sum(row[place] for row in confusion) - hits
    return ClassRates(
        label=labels[place],
        tpr=hits / positives if positives else None,
        tpr_interval=clopper_pearson(hits, positives, confidence),
        tnr=1 - false_alarms / negatives if negatives else None,
        tnr_interval=clopper_pearson(negatives - false_alarms, negatives, confidence),
        positives=positives,
        negatives=negatives,
    )
