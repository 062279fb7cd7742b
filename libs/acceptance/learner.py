"""The learner for a log that grows: the prior is chosen anew only when the log has doubled."""

from collections.abc import Sequence

from libs.acceptance.served import Rules
from libs.learning import Case, Prior, choose_prior, learn_best

FIRST = 24
"""Cases from which a prior is chosen first; then from twice as many, and so on."""


class GrowingLearner:
    """Call it with the cases so far, in the order of the log.

    Equal logs get equal rules, however often and by whichever process they were learned from: the
    prior follows from the first cases of the log, by their number alone.
    """

    def __init__(self) -> None:
        self._priors: dict[int, Prior] = {}

    def __call__(self, cases: Sequence[Case]) -> Rules:
        """The rules of everything that still holds."""
        size = _anchor(len(cases))
        if size not in self._priors:
            self._priors[size] = choose_prior(cases[:size])
        return learn_best(cases, self._priors[size]).rules


def _anchor(count: int) -> int:
    """The largest of 24, 48, 96 ... that is not more than the count; a smaller count itself."""
    size = FIRST
    while size * 2 <= count:
        size *= 2
    return min(size, count)
