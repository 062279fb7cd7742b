"""The learner for a log that grows: the prior is chosen anew only when the log has doubled."""

from collections.abc import Sequence

from libs.acceptance.served import Rules
from libs.learning import Case, Prior, learn_best


class GrowingLearner:
    """Call it with the cases so far, in the order of the log; equal logs get equal rules."""

    def __init__(self) -> None:
        self._prior: Prior | None = None
        self._chosen_at = 0

    def __call__(self, cases: Sequence[Case]) -> Rules:
        """The rules of everything that still holds."""
        again = self._prior is None or len(cases) >= 2 * self._chosen_at
        learned = learn_best(cases, None if again else self._prior)
        if again:
            self._prior, self._chosen_at = learned.prior, len(cases)
        return learned.rules
