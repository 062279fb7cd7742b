"""The exact test of one frozen config, on reviews that were recorded after it was frozen.

A review judges candidate and incumbent on the same case: gain 1 when only the candidate is right,
-1 when only the incumbent is, else 0. The claim: the candidate agrees with reviewers more often
than the incumbent, as traffic weighs the cases.

Two families, chosen when the test is opened, from the log until then:

`walk`, when no group of the log holds more than one review: the exact sequential test of
`libs/stats/walk.py`. It needs that a review that differs is a win with a chance of at most 1/2
when nothing is gained, whatever came before. Should a near-copy of an earlier review come all the
same, its win does not count and its loss does.

`groups` otherwise: bets on the sums of groups, `groups.py`, which says what they need.

A decision is final. While it waits, the test may be stopped, put aside or taken up again at any
time: only a crossing accepts, and all crossings together have a chance of at most the level.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from libs.acceptance.groups import GroupBets, largest
from libs.stats import betting, walk
from libs.stats.clusters import design_effect
from libs.stats.intervals import Interval, paired_difference

Decision = Literal["accept", "refuse", "wait"]
Family = Literal["walk", "groups"]
REVIEWS_MAX = 1500
"""A test is given up when, at the pace so far, it would take more reviews than these."""
REVIEWS_MIN = 300


@dataclass(frozen=True)
class ExactFigures:
    """What is known so far. `n`, `wins` and `losses` count reviews, `moved` what the test counts:
    pairs that differ (`walk`), groups whose gains do not cancel out (`groups`).

    `wins_more`: so many wins without another loss and a walk is accepted. `p_value` is the
    stage-wise one of an accepted walk, `e_value` that of `groups`: the test accepts when it is
    1 / level or more. `interval` is for reading: 95 %, as if n had been fixed.
    """

    family: Family
    level: float
    decision: Decision
    reason: str
    n: int
    wins: int
    losses: int
    moved: int
    gain: float
    interval: Interval
    e_value: float | None
    p_value: float | None
    wins_more: int | None


@dataclass
class ExactTest:
    """One test, review by review. Build it by `opened`; `state` and `restore` are plain JSON."""

    level: float
    bets: GroupBets | None = None
    """None: the family is `walk`."""
    n: int = 0
    wins: int = 0
    losses: int = 0
    walked: tuple[int, int] = (0, 0)
    """Wins and losses that the walk counts."""
    decision: Decision = "wait"
    seen: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """By group: reviews, wins and losses."""

    @classmethod
    def opened(cls, level: float, groups_before: Iterable[str]) -> "ExactTest":
        """A test of this level; the groups are those of every review so far, one a review."""
        if not 0 < level < 1:
            raise ValueError(f"expected a level between 0 and 1, came {level}")
        cap = largest(groups_before)
        return cls(level, GroupBets(cap) if cap > 1 else None)

    @property
    def family(self) -> Family:
        return "groups" if self.bets else "walk"

    @property
    def used(self) -> bool:
        """Whether any review counted; a test that ends before gives its share back."""
        return self.wins + self.losses > 0

    def observe(self, group: str, gain: int) -> Decision:
        """Take one review, in the order of the log; after the decision nothing changes any more.

        Raises ValueError when the gain is none of -1, 0 and 1.
        """
        if gain not in (-1, 0, 1):
            raise ValueError(f"expected a gain of -1, 0 or 1, came {gain}")
        if self.decision != "wait":
            return self.decision
        count, wins, losses = self.seen.get(group, (0, 0, 0))
        self.seen[group] = (count + 1, wins + (gain == 1), losses + (gain == -1))
        self.n += 1
        self.wins += gain == 1
        self.losses += gain == -1
        if self.bets:
            self.bets.observe(group, gain)
        elif gain < 0 or not count:
            self.walked = (self.walked[0] + (gain == 1), self.walked[1] + (gain == -1))
        self.decision = self._decide()
        return self.decision

    def figures(self) -> ExactFigures:
        """Everything a report needs."""
        effect = self._effect()
        return ExactFigures(
            family=self.family,
            level=self.level,
            decision=self.decision,
            reason=self._reason(),
            n=self.n,
            wins=self.wins,
            losses=self.losses,
            moved=self.bets.moved if self.bets else sum(self.walked),
            gain=(self.wins - self.losses) / self.n if self.n else 0.0,
            interval=paired_difference(self.wins / effect, self.losses / effect, self.n / effect),
            e_value=betting.e_value(self.bets.log_e) if self.bets else None,
            p_value=self._p_value(),
            wins_more=self._wins_more(),
        )

    def state(self) -> dict[str, Any]:
        """Plain JSON; `restore` goes on from it."""
        return {
            "level": self.level,
            "bets": self.bets.state() if self.bets else None,
            "n": self.n,
            "wins": self.wins,
            "losses": self.losses,
            "walked": list(self.walked),
            "decision": self.decision,
            "seen": {group: list(counts) for group, counts in self.seen.items()},
        }

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> "ExactTest":
        """The test as it was when `state` was taken."""
        bets = GroupBets.restore(state["bets"]) if state["bets"] else None
        seen = {group: (int(n), int(w), int(m)) for group, (n, w, m) in state["seen"].items()}
        walked = (int(state["walked"][0]), int(state["walked"][1]))
        plain = {key: state[key] for key in ("level", "n", "wins", "losses", "decision")}
        return cls(**plain, bets=bets, walked=walked, seen=seen)

    def _decide(self) -> Decision:
        if self.bets:
            if self.bets.log_e >= -math.log(self.level):
                return "accept"
        elif walk.boundary(self.level).accepts(*self.walked):
            return "accept"
        return "refuse" if self._hopeless() else "wait"

    def _hopeless(self) -> bool:
        """Giving up accepts nothing, so no rule here can raise the error rate."""
        if self.bets:
            seen = self.bets.moved >= 2 * walk.MAIN_STEPS * -math.log(self.level)
            hopeless = seen and self.bets.net <= 0
        else:
            hopeless = walk.boundary(self.level).gives_up(*self.walked)
        return hopeless or self._too_seldom()

    def _too_seldom(self) -> bool:
        """Even if every later difference were a win: too many reviews until it is accepted."""
        wins_least = math.log2(1 / self.level)
        pace = (self.wins + self.losses + 1) / (self.n + 1)
        return self.n >= REVIEWS_MIN and wins_least / pace > REVIEWS_MAX

    def _reason(self) -> str:
        if self.decision == "accept":
            return "the reviews that came after it was frozen show that it agrees more often"
        if self.decision == "wait":
            return "not shown yet; the next reviews may"
        if self._too_seldom():
            return "it changes too few answers to be shown in any time"
        return "the reviews so far leave it next to no chance to be shown"

    def _p_value(self) -> float | None:
        accepted = self.decision == "accept" and not self.bets
        return walk.stagewise_p(self.level, *self.walked) if accepted else None

    def _wins_more(self) -> int | None:
        if self.bets or self.decision != "wait":
            return None
        return walk.boundary(self.level).wins_more(*self.walked)

    def _effect(self) -> float:
        return design_effect(
            [[1.0] * w + [-1.0] * m + [0.0] * (n - w - m) for n, w, m in self.seen.values()]
        )
