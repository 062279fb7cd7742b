"""Tables that ship with scikit-learn; the agent is a tree of one question."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

from benchmarks.learning.problem import Problem
from libs.facts import flatten
from libs.learning import Case

LOADERS: dict[str, Callable[[], Any]] = {
    "iris": load_iris,
    "wine": load_wine,
    "breast_cancer": load_breast_cancer,
    "digits": load_digits,
}


def tabular(name: str, seed: int) -> Problem:
    """Half of the rows to learn from, the other half fresh; the stump saw the first half."""
    data = LOADERS[name]()
    names = [re.sub(r"\W+", "_", str(one)).strip("_") for one in data.feature_names]
    places = np.arange(len(data.target))
    learn, fresh = train_test_split(places, test_size=0.5, stratify=data.target, random_state=seed)
    stump = DecisionTreeClassifier(max_depth=1, random_state=0)
    answered = stump.fit(data.data[learn], data.target[learn]).predict(data.data)
    labels = [str(one) for one in data.target_names]

    def case(place: int) -> Case:
        sample = dict(zip(names, map(float, data.data[place]), strict=True))
        answer = labels[answered[place]]
        return Case(
            key=f"{place:05d}",
            trace_id=f"{place:032x}",
            facts=flatten({"sample": sample, "draft": {"label": answer}}),
            inputs=sample,
            answered=answer,
            expected=labels[data.target[place]],
            precedent=None,
            reason="",
        )

    return Problem(f"{name}/{seed}", tuple(map(case, learn)), tuple(map(case, fresh)))
