"""What learners of the shelf make of the same reviews: a tree and boosting over the same facts.

They need no proof and serve nothing; they say how much there was to learn. Facts are one-hot,
texts are bags of words; hyperparameters come from cross-validation on the reviews.
Trees: Breiman et al. (1984); boosting: Friedman, Annals of Statistics 29 (2001).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.tree import DecisionTreeClassifier

from examples.procurement.demo.figures import Rate
from libs.facts import Flat, flatten
from libs.facts.words import words_of

FOLDS = 3
SEED = 0
TEXT_WORDS_MIN = 4
"""Longer values are texts: their words count, not the whole."""
Grid = Mapping[str, Sequence[Any]]
TREE_GRID: Grid = {
    "max_depth": [3, 5, 8, None],
    "min_samples_leaf": [1, 2, 4, 8],
    "ccp_alpha": [0.0, 0.005, 0.01],
}
BOOSTING_GRID: Grid = {"n_estimators": [50, 100], "max_depth": [2, 3]}


@dataclass(frozen=True)
class Labelled:
    """What a run knew, and what the reviewer wanted."""

    facts: Mapping[str, Any]
    wanted: str


def tree_right(reviews: Sequence[Labelled], fresh: Sequence[Labelled]) -> Rate:
    """A decision tree, learned from `reviews`, counted on `fresh`."""
    return _right(DecisionTreeClassifier(random_state=SEED), TREE_GRID, reviews, fresh)


def boosting_right(reviews: Sequence[Labelled], fresh: Sequence[Labelled]) -> Rate:
    """Gradient boosting, learned from `reviews`, counted on `fresh`."""
    return _right(GradientBoostingClassifier(random_state=SEED), BOOSTING_GRID, reviews, fresh)


def _right(
    learner: Any,
    grid: Grid,
    reviews: Sequence[Labelled],
    fresh: Sequence[Labelled],
) -> Rate:
    wanted = [one.wanted for one in reviews]
    if len(set(wanted)) < 2:
        guess = wanted[0] if wanted else None
        return Rate(correct=sum(one.wanted == guess for one in fresh), n=len(fresh))
    vectors = DictVectorizer(dtype=np.float32, sparse=False)
    known = vectors.fit_transform(_often([features(one.facts) for one in reviews]))
    asked = vectors.transform([features(one.facts) for one in fresh])
    model = _fitted(learner, grid, known, wanted)
    right = sum(
        str(guess) == one.wanted for guess, one in zip(model.predict(asked), fresh, strict=True)
    )
    return Rate(correct=right, n=len(fresh))


def _fitted(learner: Any, grid: Grid, known: Any, wanted: list[str]) -> Any:
    """With the best of the grid; as it is where there is too little to fold."""
    if len(wanted) < 2 * FOLDS:
        return learner.fit(known, wanted)
    split = KFold(FOLDS, shuffle=True, random_state=SEED)
    return GridSearchCV(learner, dict(grid), cv=split).fit(known, wanted)


def _often(rows: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """Without what a single review has: nothing can be learned from it."""
    seen = Counter(name for row in rows for name in row)
    return [{name: value for name, value in row.items() if seen[name] > 1} for row in rows]


def features(facts: Mapping[str, Any]) -> dict[str, float]:
    """One number a fact: its value, or 1 for each value, entry or word that it has."""
    found: dict[str, float] = {}
    flat: Flat = flatten(facts)
    for path, value in flat.items():
        if isinstance(value, bool | int | float):
            found[path] = float(value)
        elif isinstance(value, str):
            found |= _text(path, value)
        elif isinstance(value, tuple):
            found |= {f"{path}[{entry}]": 1.0 for entry in value}
        else:
            found[f"{path}?"] = 1.0
    return found


def _text(path: str, value: str) -> dict[str, float]:
    words = words_of(value)
    if len(words) < TEXT_WORDS_MIN:
        return {f"{path}={value}": 1.0}
    return {f"{path}~{word}": 1.0 for word in words}
