"""E-processes: evidence that may be looked at after every observation, and stopped at any time.

An e-process starts at 1 and, under the null hypothesis, is never expected to grow. So the chance
that it ever reaches 1 / alpha is at most alpha (Ville, 1939). Source for the betting view: Shafer,
J. R. Stat. Soc. A 184:407 (2021); Waudby-Smith and Ramdas, J. R. Stat. Soc. B 86:1 (2024).
"""

import math
from dataclasses import dataclass, field
from typing import Any

from scipy.special import betaincc, betaln

BETS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)
"""Stakes of the gamblers in `RateDifference`, as parts of the largest stake that cannot ruin."""

WAITING_MAX = 1000
"""Runs of one arm that may wait for the other; the oldest are let go."""


def log_e_of_pairs(wins: int, losses: int) -> float:
    """Log e-value against "a win is at most as likely as a loss".

    A uniform mixture over win chances from 1/2 to 1 of the likelihood ratio to 1/2: each ratio is
    a supermartingale under the whole null, so the mixture is one too.
    """
    if min(wins, losses) < 0:
        raise ValueError(f"expected wins and losses of at least 0, came {wins} and {losses}")
    upper = float(betaincc(wins + 1, losses + 1, 0.5))
    if upper == 0:
        return -math.inf
    return float((wins + losses + 1) * math.log(2) + betaln(wins + 1, losses + 1) + math.log(upper))


@dataclass
class RateDifference:
    """Sequential test of "the canary's rate of bad runs is at most `margin` above the control's".

    Feed it bad-run indicators (or badness scores in [0, 1]) of both arms as they come. Canary and
    control are compared in blocks of one canary run and `controls_per_canary` control runs, so the
    arms may have unequal traffic; what waits for its block is not used yet. A mixture of gamblers
    each stake a fixed part of their money on (canary - mean of control - margin): under the null
    each block's expected gain is at most 0. Valid at every moment, for any traffic and margin.
    """

    margin: float = 0.0
    controls_per_canary: int = 1
    _money: list[float] = field(default_factory=lambda: [0.0] * len(BETS))
    _canary: list[float] = field(default_factory=list)
    _control: list[float] = field(default_factory=list)
    blocks: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.margin < 1:
            raise ValueError(f"expected a margin of at least 0 and under 1, came {self.margin}")
        if self.controls_per_canary < 1:
            raise ValueError("expected at least one control run a block")

    def observe(self, arm: str, bad: float) -> None:
        """Take one run of `canary` or `control`; `bad` is in [0, 1]."""
        if not 0 <= bad <= 1:
            raise ValueError(f"expected a score between 0 and 1, came {bad}")
        if arm not in ("canary", "control"):
            raise ValueError(f"expected arm canary or control, came {arm!r}")
        waiting = self._canary if arm == "canary" else self._control
        waiting.append(float(bad))
        # Which runs are let go does not depend on how they went, so validity is kept.
        del waiting[: max(0, len(waiting) - WAITING_MAX)]
        while self._canary and len(self._control) >= self.controls_per_canary:
            self._settle()

    def _settle(self) -> None:
        size = self.controls_per_canary
        control = sum(self._control[:size]) / size
        gain = self._canary.pop(0) - control - self.margin
        del self._control[:size]
        stake_max = 1 / (1 + self.margin)
        self._money = [
            money + math.log1p(bet * stake_max * gain)
            for money, bet in zip(self._money, BETS, strict=True)
        ]
        self.blocks += 1

    @property
    def log_e(self) -> float:
        """Log of the mean money of the gamblers."""
        top = max(self._money)
        total = sum(math.exp(money - top) for money in self._money)
        return top + math.log(total / len(self._money))

    def rejects(self, alpha: float) -> bool:
        """Whether the canary is shown to be worse, at error rate `alpha` over all looks."""
        return self.log_e >= -math.log(alpha)

    def state(self) -> dict[str, Any]:
        """Plain JSON; `RateDifference.restore` goes on from it."""
        return {
            "margin": self.margin,
            "controls_per_canary": self.controls_per_canary,
            "money": list(self._money),
            "canary": list(self._canary),
            "control": list(self._control),
            "blocks": self.blocks,
        }

    @classmethod
    def restore(cls, state: dict[str, Any]) -> "RateDifference":
        """The process as it was when `state` was taken."""
        return cls(
            margin=state["margin"],
            controls_per_canary=state["controls_per_canary"],
            blocks=state["blocks"],
            _money=list(state["money"]),
            _canary=list(state["canary"]),
            _control=list(state["control"]),
        )
