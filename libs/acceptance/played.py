"""What playing a log gives back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from libs.acceptance.lifetime import LifetimeTerms
from libs.acceptance.schedule import ScheduleTerms
from libs.acceptance.served import Rules
from libs.learning import Case, LearnedRule

Kind = Literal["procedure", "exact"]


@dataclass(frozen=True)
class PlayTerms:
    """Without `learn` the prior and what of the log still holds are chosen along the way.

    `groups` names the group of near-copies of each row; without it each row is its own.

    A draft is frozen for an exact test when its era has not passed after `freeze_after` rows, and
    drafts were right on `freeze_net` more of them than what is served.
    """

    learn: Callable[[Sequence[Case]], Sequence[LearnedRule]] | None = None
    groups: Sequence[str] | None = None
    lifetime: LifetimeTerms = field(default_factory=LifetimeTerms)
    schedule: ScheduleTerms = field(default_factory=ScheduleTerms)
    freeze_after: int = 100
    freeze_net: int = 4


@dataclass(frozen=True)
class Promotion:
    """`after` rows were seen when it came; `rules` are all that is served from then on.

    Wins and losses are the evidence that carried it, of the era (`procedure`) or of this very
    list (`exact`); the e-value is of the one, the p value of the other.
    """

    after: int
    kind: Kind
    wins: int
    losses: int
    n: int
    e_value: float | None
    p_value: float | None
    level: float
    rules: Rules
    added: Rules
    removed: Rules


@dataclass(frozen=True)
class OpenTest:
    """A test that waits for more rows. An era passes at an e-value of 1 / level."""

    kind: Kind
    level: float
    wins: int
    losses: int
    n: int
    e_value: float | None
    p_value: float | None
    wins_more: int | None
    """So many wins without another loss, and an exact test is accepted."""


@dataclass(frozen=True)
class Played:
    """One entry a row: was the recorded answer right, what was served, the newest draft.

    Each is judged before anything is learned from the row; `learner` is None before any draft.
    """

    recorded: tuple[bool, ...]
    served: tuple[bool, ...]
    learner: tuple[bool | None, ...]
    promotions: tuple[Promotion, ...]
    rules: Rules
    candidate: Rules
    """The newest draft, learned from every row."""
    waiting: tuple[OpenTest, ...]


def without(rules: Rules, others: Rules) -> Rules:
    """The rules whose conditions and answer are in no other."""
    said = {(rule.conditions, rule.answer) for rule in others}
    return tuple(rule for rule in rules if (rule.conditions, rule.answer) not in said)
