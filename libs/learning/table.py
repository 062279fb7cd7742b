"""Cases as matrices."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from libs.facts import Vocabulary, learn_vocabulary
from libs.learning.case import Case
from libs.learning.drafted import words_of_drafts
from libs.learning.mentions import mentions_of, rates_of
from libs.learning.prior import Prior
from libs.learning.weights import weighed

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
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
    expected: Ints
    answered: Ints
    """Indexes into the labels."""
    tagged: Floats
    counted: Floats
    judged: Floats
    """Cases x (answer of the agent if right, then if wrong)."""

    @property
    def cases(self) -> int:
        return len(self.expected)

    @property
    def wrong(self) -> Bools:
        return np.asarray(self.expected != self.answered)

    def only(self, rows: Ints) -> "CaseTable":
        """Some of the cases; conditions, labels and their costs stay."""
        columns = self.vocabulary.columns[:, rows]
        return replace(
            self,
            vocabulary=replace(self.vocabulary, columns=columns),
            spoke=self.spoke[rows],
            mentions=self.mentions[:, rows],
            expected=self.expected[rows],
            answered=self.answered[rows],
            tagged=self.tagged[rows],
            counted=self.counted[rows],
            judged=self.judged[rows],
        )


def table_of(cases: Sequence[Case], prior: Prior) -> CaseTable:
    """Arrange the cases; the agent's own words in its draft are left out."""
    learned = learn_vocabulary(
        [case.facts for case in cases], words_of_drafts(cases), 1, [c.expected for c in cases]
    )
    vocabulary = weighed(learned, cases, prior)
    labels = sorted({c.expected for c in cases} | {c.answered for c in cases})
    place = {label: number for number, label in enumerate(labels)}
    expected = np.array([place[case.expected] for case in cases], dtype=np.int64)
    answered = np.array([place[case.answered] for case in cases], dtype=np.int64)
    tagged = _tagged(cases)
    inform = _tags_inform(cases)
    untagged = np.array([inform and not c.precedent for c in cases], np.float32)
    wrong = (expected != answered).astype(np.float32)
    one_hot = np.eye(len(labels), dtype=np.float32)
    spoke = np.array([bool(case.words()) for case in cases])
    mentions = mentions_of(vocabulary.conditions, cases)
    return CaseTable(
        vocabulary=vocabulary,
        labels=tuple(labels),
        tags=tagged.shape[1],
        spoke=spoke,
        mentions=mentions,
        mention_rates=rates_of(vocabulary, mentions, spoke),
        expected=expected,
        answered=answered,
        tagged=tagged,
        counted=np.hstack([one_hot[expected], tagged, untagged[:, None], wrong[:, None]]),
        judged=_judged(one_hot[answered], wrong),
    )


def _judged(answered: Floats, wrong: Floats) -> Floats:
    seen = answered[:, answered.any(axis=0)]
    return np.hstack([seen * (1 - wrong[:, None]), seen * wrong[:, None]])


def _tags_inform(cases: Sequence[Case]) -> bool:
    """Whether confirmed cases carry tags too: only then does a missing tag say something."""
    confirmed = [case for case in cases if not case.wrong]
    tagged = sum(bool(case.precedent) for case in confirmed)
    return tagged >= max(2, TAGS_INFORM_SHARE * len(confirmed))


def _tagged(cases: Sequence[Case]) -> Floats:
    tags = {tag: n for n, tag in enumerate(sorted({c.precedent for c in cases if c.precedent}))}
    rows = np.zeros((len(cases), len(tags)), np.float32)
    for number, case in enumerate(cases):
        if case.precedent:
            rows[number, tags[case.precedent]] = 1
    return rows
