"""Learning with everything chosen inside the case: the prior, and how far back the log holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.learning.case import Case
from libs.learning.choose import choose_prior
from libs.learning.learn import LearnedRule, learn
from libs.learning.prior import Prior
from libs.learning.recent import Window, window_of


@dataclass(frozen=True)
class Learned:
    """The list, and what was chosen for it. `window.places` index the cases that were given."""

    rules: tuple[LearnedRule, ...]
    prior: Prior
    window: Window


def learn_best(cases: Sequence[Case], prior: Prior | None = None) -> Learned:
    """Rules from cases in the order of the log, newest last.

    Older cases that newer ones contradict are left out. Give `prior` to save its choice: it hardly
    changes from one learning to the next.
    """
    window = window_of(cases, prior or Prior())
    kept = cases if window.whole else [cases[place] for place in window.places]
    prior = prior or choose_prior(kept)
    return Learned(tuple(learn(kept, prior)), prior, window)
