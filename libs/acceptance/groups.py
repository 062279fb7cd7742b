"""Bets on groups of near-copies: the claim is about agreement as traffic weighs it.

A group is one gamble, on the sum of its gains over the cap: a group of ten counts ten times as
much as a single review, and yet is one piece of evidence. A fair bet needs a largest stake, so
the cap has to be known before: the largest group of the log at the opening of the test.

The money is an e-process when (a) near-copies come one after the other, a group holds at most
`cap` reviews, and no gain per group is expected, given the groups before; or (b) reviews are
independent draws from traffic in which each group has its own fixed gain, and no gain per review
is expected. Under (b) each further member of a group that has won adds less than a fresh bet
would, and of one that has lost takes away more, so money is not expected to grow.

Two rules lean to the safe side. A group that is still coming counts its losses at once and its
gain only when it is full or a review of another group comes. Beyond the cap a group's wins count
no more, and its losses always do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from libs.stats import betting


@dataclass
class GroupBets:
    """`sums` holds, by group, the number of its reviews and the sum of their gains."""

    cap: int
    sums: dict[str, tuple[int, int]] = field(default_factory=dict)
    newest: str | None = None
    closed: betting.Money = betting.START
    """Of all groups but the newest."""
    to_share: float = 0.0
    """Waits until the newest group is settled: nobody may change a bet that is under way."""

    def __post_init__(self) -> None:
        if self.cap < 1:
            raise ValueError(f"expected a cap of at least 1, came {self.cap}")

    def observe(self, group: str, gain: int) -> None:
        """Take one review, in the order of the log."""
        if group != self.newest:
            self._settle()
            self._close(group, -1)
            self.newest = group
        count, total = self.sums.get(group, (0, 0))
        counts = gain if count < self.cap or gain < 0 else 0
        self.sums[group] = (count + 1, total + counts)

    @property
    def log_e(self) -> float:
        """Log e-value now; the newest group can only lower it."""
        count, total = self.sums[self.newest] if self.newest is not None else (self.cap, 0)
        surely = total if count >= self.cap else min(0, total)
        return betting.log_mean(_with(self.closed, surely, self.cap, 1))

    def share(self, part: float) -> None:
        """Spread a part of the money evenly over the stakes, as soon as no bet is under way."""
        self.to_share = max(self.to_share, part)
        if self.newest is None or self.sums[self.newest][0] >= self.cap:
            self._settle()

    def _settle(self) -> None:
        self._close(self.newest, 1)
        self.newest = None
        if self.to_share:
            self.closed, self.to_share = betting.shared(self.closed, self.to_share), 0.0

    @property
    def moved(self) -> int:
        """Groups whose gains do not sum to 0."""
        return sum(total != 0 for _, total in self.sums.values())

    @property
    def net(self) -> int:
        """The sum over all groups."""
        return sum(total for _, total in self.sums.values())

    def _close(self, group: str | None, sign: int) -> None:
        """Take a group's factor into the money (1) or out again (-1)."""
        if group is not None and group in self.sums:
            self.closed = _with(self.closed, self.sums[group][1], self.cap, sign)

    def state(self) -> dict[str, Any]:
        """Plain JSON."""
        sums = {group: list(pair) for group, pair in self.sums.items()}
        return {
            "cap": self.cap,
            "sums": sums,
            "newest": self.newest,
            "closed": list(self.closed),
            "to_share": self.to_share,
        }

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> "GroupBets":
        """The bets as they were when `state` was taken."""
        sums = {group: (int(count), int(total)) for group, (count, total) in state["sums"].items()}
        closed = tuple(float(log) for log in state["closed"])
        return cls(state["cap"], sums, state["newest"], closed, state["to_share"])


def largest(groups: Iterable[str]) -> int:
    """How many reviews the largest group has; 1 for none."""
    counts: dict[str, int] = {}
    for group in groups:
        counts[group] = counts.get(group, 0) + 1
    return max(counts.values(), default=1)


def _with(money: betting.Money, total: int, cap: int, sign: int) -> betting.Money:
    """Beyond -cap a loss is staked again, so that money stays above 0."""
    whole, part = divmod(max(0, -total), cap)
    for gain in [-1.0] * whole + [total / cap if total > 0 else -part / cap]:
        delta = betting.after(betting.START, gain)
        money = tuple(log + sign * change for log, change in zip(money, delta, strict=True))
    return money
