"""Cases as matrices."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from libs.contracts.events import Condition
from libs.facts import Vocabulary, learn_vocabulary
from libs.facts.words import words_of
from libs.learning.case import Case
from libs.learning.prior import Prior
from libs.learning.weights import weighed

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
TAGS_INFORM_SHARE = 0.1


@dataclass(frozen=True)
class CaseTable:
    """`counted` has a column per label, per tag, one for untagged, one for wrong answers."""

    vocabulary: Vocabulary
    labels: tuple[str, ...]
    tags: int
    spoke: Bools
    mentions: Bools
    """Conditions x cases: the reviewer's words name the condition."""
    mention_rates: NDArray[np.float64]
    expected: Floats
    tagged: Floats
    counted: Floats
    confusion: Floats
    """Cases x (answered, expected)."""

    @property
    def cases(self) -> int:
        return len(self.expected)


def table_of(cases: Sequence[Case], prior: Prior) -> CaseTable:
    """Arrange the cases; the agent's own words in its draft are left out."""
    drafted = {
        fact
        for case in cases
        for fact in case.facts
        if fact.startswith("draft.") and fact != "draft.decision"
    }
    learned = learn_vocabulary([case.facts for case in cases], frozenset(drafted), 1)
    vocabulary = weighed(learned, cases, prior)
    labels = tuple(sorted({c.expected for c in cases} | {c.answered for c in cases}))
    expected = np.eye(len(labels), dtype=np.float32)[[labels.index(c.expected) for c in cases]]
    tagged = _tagged(cases)
    untagged = np.array([_tags_inform(cases) and not c.precedent for c in cases], np.float32)
    wrong = np.array([case.wrong for case in cases], np.float32)
    spoke = np.array([bool(case.words()) for case in cases])
    mentions = _mentions(vocabulary.conditions, cases)
    places = [labels.index(c.answered) * len(labels) + labels.index(c.expected) for c in cases]
    return CaseTable(
        vocabulary=vocabulary,
        labels=labels,
        tags=tagged.shape[1],
        spoke=spoke,
        mentions=mentions,
        mention_rates=_rates(vocabulary, mentions, spoke),
        expected=expected,
        tagged=tagged,
        counted=np.hstack([expected, tagged, untagged[:, None], wrong[:, None]]),
        confusion=np.eye(len(labels) ** 2, dtype=np.float32)[places],
    )


def _tags_inform(cases: Sequence[Case]) -> bool:
    """Whether confirmed cases carry tags too: only then does a missing tag say something."""
    confirmed = [case for case in cases if not case.wrong]
    tagged = sum(bool(case.precedent) for case in confirmed)
    return tagged >= max(2, TAGS_INFORM_SHARE * len(confirmed))


def _tagged(cases: Sequence[Case]) -> Floats:
    tags = sorted({case.precedent for case in cases if case.precedent})
    rows = np.zeros((len(cases), len(tags)), np.float32)
    for number, case in enumerate(cases):
        if case.precedent:
            rows[number, tags.index(case.precedent)] = 1
    return rows


def _mentions(conditions: Sequence[Condition], cases: Sequence[Case]) -> Bools:
    said = [case.words() for case in cases]
    rows = np.zeros((len(conditions), len(cases)), dtype=bool)
    for index, condition in enumerate(conditions):
        named = _named_words(condition)
        if not named or condition.op == "ne":
            continue
        whole = isinstance(condition.value, str)
        rows[index] = [named <= words if whole else bool(named & words) for words in said]
    return rows


def _named_words(condition: Condition) -> set[str]:
    text = condition.value
    if not isinstance(text, str):
        text = condition.fact.split(".")[-1]
    return set(words_of(text.replace("-", " ").replace("_", " ")))


def _rates(vocabulary: Vocabulary, mentions: Bools, spoke: Bools) -> NDArray[np.float64]:
    """By fact: how often its value is named where the condition holds, whatever the rule."""
    counts: dict[str, list[float]] = defaultdict(lambda: [0.5, 2.0])
    for index, condition in enumerate(vocabulary.conditions):
        if condition.op != "ne":
            held = vocabulary.columns[index] & spoke
            counts[condition.fact][0] += float((mentions[index] & held).sum())
            counts[condition.fact][1] += float(held.sum())
    return np.array(
        [
            counts[c.fact][0] / counts[c.fact][1] if c.fact in counts else 0.1
            for c in vocabulary.conditions
        ]
    )
