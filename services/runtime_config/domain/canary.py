"""Is the canary worse? A sequential test on online evaluations, valid at every look.

Each evaluator has its own e-process over runs (canary against control). Evaluators are not known
beforehand, so the k-th to appear gets the weight 2^-k of the total: the weighted mean is an
e-process too, and the chance that a canary which is no worse on any of them is ever rolled back
stays under alpha (Ville, 1939). Missing evaluations move nothing: the canary is held.
"""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from libs.contracts.api import ChannelPointer
from libs.contracts.events import Canary, EvaluationRecorded
from libs.stats.eprocess import RateDifference

Arm = Literal["canary", "control"]
CONTROLS_PER_CANARY_MAX = 19


@dataclass(frozen=True)
class TrialRules:
    """Error rate over the whole life of a canary, and how much worse it may be."""

    alpha: float
    margin: float


def arm_of(event: EvaluationRecorded, held: ChannelPointer) -> Arm | None:
    """Which arm an evaluation belongs to; None when it says nothing of good or bad.

    Runs from before the canary began were assigned by no split: they count for neither arm.
    """
    if held.canary is None or event.status != "ok" or event.passed is None:
        return None
    if (event.run_started_at or event.evaluated_at) < held.moved_at:
        return None
    if event.config_digest == held.canary.digest:
        return "canary"
    return "control" if event.config_digest == held.digest else None


@dataclass
class CanaryTrial:
    """The evidence against one canary."""

    rules: TrialRules
    controls_per_canary: int
    runs: dict[Arm, int] = field(default_factory=lambda: {"canary": 0, "control": 0})
    _by_evaluator: dict[str, RateDifference] = field(default_factory=dict)

    @classmethod
    def fresh(cls, rules: TrialRules, canary: Canary) -> "CanaryTrial":
        """Blocks as large as the traffic split makes them, so that few controls go to waste."""
        weight = min(max(canary.weight, 0.01), 1.0)
        controls = round((1 - weight) / weight)
        return cls(rules, min(max(controls, 1), CONTROLS_PER_CANARY_MAX))

    def observe(self, evaluator: str, arm: Arm, *, passed: bool) -> None:
        """Take the first evaluation of a run by an evaluator."""
        if evaluator not in self._by_evaluator:
            self._by_evaluator[evaluator] = RateDifference(
                self.rules.margin, self.controls_per_canary
            )
        self._by_evaluator[evaluator].observe(arm, 0.0 if passed else 1.0)
        self.runs[arm] += 1

    @property
    def log_e(self) -> float:
        """Log of the weighted mean of all e-processes; those not seen yet stand at 1."""
        logs = [
            process.log_e - (place + 1) * math.log(2)
            for place, process in enumerate(self._by_evaluator.values())
        ]
        logs.append(-len(self._by_evaluator) * math.log(2))
        top = max(logs)
        return top + math.log(sum(math.exp(log - top) for log in logs))

    @property
    def log_e_max(self) -> float:
        return -math.log(self.rules.alpha)

    @property
    def is_worse(self) -> bool:
        return self.log_e >= self.log_e_max

    @property
    def worst_evaluator(self) -> str | None:
        """The evaluator with most evidence against the canary."""
        by_evidence = [(process.log_e, name) for name, process in self._by_evaluator.items()]
        return max(by_evidence)[1] if by_evidence else None

    def note(self) -> str:
        """In words, for people."""
        if self.is_worse:
            return f"worse than the control, most of all for {self.worst_evaluator}"
        if not self.runs["canary"] or not self.runs["control"]:
            return "held: no evaluations of both arms yet"
        return "held: not shown to be worse; a person promotes it"

    def state(self) -> dict[str, Any]:
        """Plain JSON; `restore` goes on from it."""
        return {
            "controls_per_canary": self.controls_per_canary,
            "runs": dict(self.runs),
            "evaluators": [[name, one.state()] for name, one in self._by_evaluator.items()],
        }

    @classmethod
    def restore(cls, rules: TrialRules, state: dict[str, Any]) -> "CanaryTrial":
        trial = cls(rules, state["controls_per_canary"], dict(state["runs"]))
        for name, one in state["evaluators"]:
            trial._by_evaluator[name] = RateDifference.restore(one)
        return trial
