"""What a data scientist would fit to the same rows: a cross-validated tree, and boosting."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from libs.facts.words import words_of
from libs.learning import Case

VALUES_MAX = 60
WORDS_MAX = 100
Matrix = NDArray[np.float64]
Feature = Callable[[Case], float]


def tree_agreement(learn: Sequence[Case], fresh: Sequence[Case]) -> float:
    """Depth and leaf size by cross-validation inside the rows to learn from."""
    grid = {"max_depth": [2, 3, 4, 6, 8, 12, None], "min_samples_leaf": [1, 2, 5, 10]}
    folds = max(2, min(5, *Counter(case.expected for case in learn).values()))
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid, cv=folds)
    return _agreement(search, learn, fresh)


def boosting_agreement(learn: Sequence[Case], fresh: Sequence[Case]) -> float:
    """scikit-learn's gradient boosting as it comes."""
    return _agreement(GradientBoostingClassifier(random_state=0), learn, fresh)


def _agreement(
    model: GridSearchCV | GradientBoostingClassifier, learn: Sequence[Case], fresh: Sequence[Case]
) -> float:
    features = _features(learn)
    expected = [case.expected for case in learn]
    if len(set(expected)) < 2:
        return sum(case.expected == expected[0] for case in fresh) / len(fresh)
    model.fit(_matrix(features, learn), expected)
    said = model.predict(_matrix(features, fresh))
    return float(np.mean([one == case.expected for one, case in zip(said, fresh, strict=True)]))


def _matrix(features: Sequence[Feature], cases: Sequence[Case]) -> Matrix:
    return np.array([[feature(case) for feature in features] for case in cases])


def _features(cases: Sequence[Case]) -> list[Feature]:
    facts = sorted({fact for case in cases for fact in case.facts})
    made = [one for fact in facts for one in _of_fact(fact, cases)]
    answers = sorted({case.answered for case in cases})
    return made + [lambda case, a=answer: float(case.answered == a) for answer in answers]


def _of_fact(fact: str, cases: Sequence[Case]) -> list[Feature]:
    """A number as it is, a text or an entry of a list by value, a longer text by word."""
    values = [case.facts.get(fact) for case in cases]
    made: list[Feature] = []
    if any(isinstance(one, int | float) for one in values):
        made.append(lambda case: _number(case.facts.get(fact)))
    texts = Counter(one for one in values if isinstance(one, str))
    for text, count in texts.most_common(VALUES_MAX):
        if count >= 2:
            made.append(lambda case, t=text: float(case.facts.get(fact) == t))
    words = Counter(word for text in texts for word in set(words_of(text)))
    if len(texts) > 8 and len(words) > 8:
        for word, count in words.most_common(WORDS_MAX):
            if count >= 2:
                made.append(lambda case, w=word: float(w in _words(case.facts.get(fact))))
    lists = [one for one in values if isinstance(one, tuple)]
    entries = sorted({str(one) for value in lists for one in value})
    return made + [
        lambda case, e=one: float(e in _entries(case.facts.get(fact))) for one in entries
    ]


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else -1.0


def _words(value: object) -> tuple[str, ...]:
    return words_of(value) if isinstance(value, str) else ()


def _entries(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple) else ()
