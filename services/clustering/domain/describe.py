"""The combination of facts that best tells some runs from all the others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from libs.facts import Vocabulary

Mask = NDArray[np.bool_]
BEAM = 40
BIT_COST = 0.06
"""What one bit of description is worth in runs: simple causes are likelier."""


@dataclass(frozen=True)
class Description:
    """Indexes into the vocabulary, the runs they cover, and how well."""

    conditions: tuple[int, ...]
    covers: Mask
    score: float
    precision: float


def describe(
    wanted: Mask, vocabulary: Vocabulary, conditions_max: int, precision_min: float
) -> Description | None:
    """The best conjunction by covered minus missed-and-stray runs, or None when none is precise.

    A beam search over conjunctions, as in CN2 (Clark and Niblett, 1989). Ties go to the shorter
    one, then to the earlier in the vocabulary, so that equal data gives an equal answer.
    """
    if not len(vocabulary) or not wanted.any():
        return None
    best: Description | None = None
    beam: list[tuple[tuple[int, ...], Mask]] = [((), np.ones(wanted.shape, dtype=bool))]
    for _ in range(conditions_max):
        grown = _grow(beam, wanted, vocabulary)
        for one in grown:
            better = best is None or (-one.score, one.conditions) < (-best.score, best.conditions)
            if one.precision >= precision_min and better:
                best = one
        beam = [(one.conditions, one.covers) for one in grown]
    return best


def _grow(
    beam: list[tuple[tuple[int, ...], Mask]], wanted: Mask, vocabulary: Vocabulary
) -> list[Description]:
    found: dict[bytes, Description] = {}
    for conditions, covers in beam:
        narrowed = vocabulary.columns & covers
        hits, sizes = (narrowed & wanted).sum(axis=1), narrowed.sum(axis=1)
        spent = sum(vocabulary.bits[index] for index in conditions)
        scores = 2.0 * hits - sizes - BIT_COST * (spent + vocabulary.bits)
        for index in np.argsort(-scores, kind="stable")[:BEAM]:
            if not hits[index] or index in conditions:
                continue
            chosen = tuple(sorted((*conditions, int(index))))
            precision = float(hits[index] / sizes[index])
            one = Description(chosen, narrowed[index], float(scores[index]), precision)
            key = one.covers.tobytes()
            if key not in found or one.score > found[key].score:
                found[key] = one
    return sorted(found.values(), key=lambda one: (-one.score, one.conditions))[:BEAM]
