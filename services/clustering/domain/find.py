"""Clusters of an agent's failures: by failure, by reviewers' precedents, by facts."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from libs.contracts.events import Condition
from libs.facts import Vocabulary, in_words, learn_vocabulary
from services.clustering.domain.describe import Mask, describe
from services.clustering.domain.runs import CONFIRMED, Run


@dataclass(frozen=True)
class Found:
    """One cluster as found now; `members` are indexes into the runs, in order of their keys."""

    cluster_id: str
    name: str
    failure: str
    conditions: tuple[Condition, ...]
    members: tuple[Run, ...]


@dataclass(frozen=True)
class Terms:
    size_min: int = 2
    conditions_max: int = 3
    precision_min: float = 0.7


def find_clusters(agent: str, runs: Sequence[Run], terms: Terms) -> list[Found]:
    """Every failing run is in one cluster at most; the order of the runs does not matter."""
    ordered = sorted(runs, key=lambda run: (run.key, run.failure))
    vocabulary = learn_vocabulary([run.facts for run in ordered])
    found: list[Found] = []
    for failure in sorted({run.failure for run in ordered} - {CONFIRMED}):
        failing = np.array([run.failure == failure for run in ordered])
        found += _of_failure(agent, failure, failing, ordered, vocabulary, terms)
    return found


def _of_failure(
    agent: str,
    failure: str,
    failing: Mask,
    runs: Sequence[Run],
    vocabulary: Vocabulary,
    terms: Terms,
) -> list[Found]:
    found, left = [], failing.copy()
    for wanted in [*_by_precedent(failing, runs, terms.size_min), None]:
        while True:
            target = left if wanted is None else wanted & left
            if target.sum() < terms.size_min:
                break
            best = describe(target, vocabulary, terms.conditions_max, terms.precision_min)
            if best is None or (best.covers & target).sum() < terms.size_min:
                break
            conditions = tuple(vocabulary.conditions[index] for index in best.conditions)
            members = best.covers & left
            found.append(_found(agent, failure, conditions, members, runs))
            left &= ~members
    if left.sum() >= terms.size_min:
        found.append(_found(agent, failure, (), left, runs))
    return found


def _by_precedent(failing: Mask, runs: Sequence[Run], size_min: int) -> list[Mask]:
    """Overrides that share a reviewer's tag have one cause; the most frequent first."""
    tags = Counter(run.precedent for run, fails in zip(runs, failing, strict=True) if fails)
    named = [(tag, n) for tag, n in tags.items() if tag and n >= size_min]
    ordered = sorted(named, key=lambda item: (-item[1], item[0]))
    return [failing & np.array([run.precedent == tag for run in runs]) for tag, _ in ordered]


def _found(
    agent: str,
    failure: str,
    conditions: tuple[Condition, ...],
    members: Mask,
    runs: Sequence[Run],
) -> Found:
    listed = [one.model_dump(mode="json") for one in conditions]
    text = json.dumps([agent, failure, listed], sort_keys=True)
    return Found(
        cluster_id="cl-" + hashlib.sha256(text.encode()).hexdigest()[:12],
        name=name_of(failure, conditions),
        failure=failure,
        conditions=conditions,
        members=tuple(run for run, member in zip(runs, members, strict=True) if member),
    )


def name_of(failure: str, conditions: Sequence[Condition]) -> str:
    """In plain words: what went wrong, and where."""
    kind, _, what = failure.partition(":")
    told = f"{what} failed"
    if kind == "override":
        answered, _, expected = what.partition("->")
        told = f"answered {answered}, a person wanted {expected}"
    if not conditions:
        return f"{told}, with nothing else in common"
    return f"{told}, where {in_words(conditions)}"
