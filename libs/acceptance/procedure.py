"""The procedure test of an era: does learning like this beat what is served?

Reviews are taken in the order of the log. A candidate is learned from all reviews before, then
scored on the next ones against the incumbent, until it is learned anew. The gains are bets
(`groups.py`): when nothing that is learned helps, no gain is expected, given all that came
before, so the money is an e-process, whatever the learner does and however cases drift. It may be
looked at after every review, and is carried on while the incumbent stays.

Passing shows that the candidates drawn up this way, each on reviews that it had not seen, beat
the incumbent. What is then served is learned once more, from everything: it has not been tested
itself. Source for prequential assessment: Dawid, J. R. Stat. Soc. A 147:278 (1984); for testing
by betting: Shafer, J. R. Stat. Soc. A 184:407 (2021).

Each candidate is scored in natural order only. Random orders of a batch would lean on reviews
being exchangeable, which drift breaks, and the order of the log proved strong enough.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from libs.acceptance.groups import GroupBets, largest
from libs.acceptance.schedule import Schedule, ScheduleTerms
from libs.acceptance.served import Rules, answer_of, rules_as_json, rules_of_json
from libs.learning import Case, LearnedRule
from libs.stats import betting

Learn = Callable[[Sequence[Case]], Sequence[LearnedRule]]
SHARED = 0.1
"""The part of the gamblers' money that is spread anew at each learning; all of it after a
surprise."""


@dataclass(frozen=True)
class Review:
    """A case as reviewed, in the order of the log.

    `case.answered` is the agent's own answer, without learned rules. `incumbent_right` says
    whether the incumbent answers as expected; None when that is not known, or the review came
    before the incumbent was served: then it is a lesson only.
    """

    position: int
    group: str
    case: Case
    incumbent_right: bool | None


@dataclass
class Era:
    """All that is kept between two calls of `assess`; `state` and `restore` are plain JSON.

    `count` reviews were taken, the last one at position `through`. `n`, `wins` and `losses` are
    of the reviews that a candidate was scored on, `learnings` counts the candidates.
    """

    level: float
    count: int = 0
    through: int = -1
    schedule: Schedule | None = None
    bets: GroupBets | None = None
    candidate: Rules = ()
    learnings: int = 0
    n: int = 0
    wins: int = 0
    losses: int = 0

    @property
    def e_value(self) -> float:
        """At 1 / level or more, learning like this is shown to beat the incumbent."""
        return betting.e_value(self.bets.log_e) if self.bets else 1.0

    @property
    def passed(self) -> bool:
        """Whether it was shown; nothing is taken any more after that."""
        return self.bets is not None and self.bets.log_e >= -math.log(self.level)

    @property
    def used(self) -> bool:
        """Whether any review counted; an era that ends before gives its share back."""
        return self.wins + self.losses > 0

    def state(self) -> dict[str, Any]:
        """Plain JSON; `restore` goes on from it."""
        plain = {key: getattr(self, key) for key in PLAIN}
        return {
            **plain,
            "schedule": self.schedule.state() if self.schedule else None,
            "bets": self.bets.state() if self.bets else None,
            "candidate": rules_as_json(self.candidate),
        }

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> "Era":
        """The era as it was when `state` was taken."""
        plan, bets = state["schedule"], state["bets"]
        return cls(
            **{key: state[key] for key in PLAIN},
            schedule=Schedule.restore(plan) if plan else None,
            bets=GroupBets.restore(bets) if bets else None,
            candidate=rules_of_json(state["candidate"]),
        )


PLAIN = ("level", "count", "through", "learnings", "n", "wins", "losses")


def assess(
    reviews: Sequence[Review], learn: Learn, era: Era, terms: ScheduleTerms | None = None
) -> Era:
    """Take the reviews after `era.through` into the era, which is changed and returned.

    `reviews` is the whole log so far, in order: the earlier ones are lessons. It stops at the
    review that passes the test. One call with ten reviews ends like ten calls with one. Raises
    ValueError when the log is not the one that the era was begun on.
    """
    terms = terms or ScheduleTerms()
    if era.count and (len(reviews) < era.count or reviews[era.count - 1].position != era.through):
        raise ValueError(
            f"expected the log that had {era.count} reviews through position {era.through}"
        )
    for review in reviews[era.count :]:
        if era.passed:
            break
        if review.incumbent_right is not None:
            _prepare(era, reviews, learn, terms)
            _score(era, review, review.incumbent_right, terms)
        era.count += 1
        era.through = review.position
    return era


def _prepare(era: Era, reviews: Sequence[Review], learn: Learn, terms: ScheduleTerms) -> None:
    """Learn from all reviews before the next, when it is time to."""
    era.schedule = era.schedule or Schedule.begun(era.count, terms)
    if era.count < era.schedule.next:
        return
    before = reviews[: era.count]
    era.candidate = tuple(learn([one.case for one in before]))
    era.learnings += 1
    era.schedule.learned(era.count, terms)
    if era.bets is None:
        era.bets = GroupBets(largest(one.group for one in before))
    else:
        era.bets.share(SHARED)


def _score(era: Era, review: Review, incumbent_right: bool, terms: ScheduleTerms) -> None:
    if era.bets:
        case = review.case
        right = answer_of(era.candidate, case.facts, case.answered) == case.expected
        era.n += 1
        era.wins += right and not incumbent_right
        era.losses += incumbent_right and not right
        era.bets.observe(review.group, int(right) - int(incumbent_right))
    if era.schedule and era.schedule.observe(incumbent_right, terms):
        era.schedule.surprised(era.count + 1)
        if era.bets:
            era.bets.share(1.0)
