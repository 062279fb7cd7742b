"""Candidate against baseline on the same examples."""

from typing import Literal

from pydantic import JsonValue

from libs.contracts.base import Event, Model, Timestamp

Verdict = Literal["accept", "reject", "inconclusive"]


class PairedResult(Model):
    """Figures of a paired comparison. `p_value` is one-sided, exact (McNemar, 1947).

    Near-copies (one `group`) are one piece of evidence: the test is over groups, a group wins when
    its wins outnumber its losses. With one example a group these are `wins` and `losses`.
    """

    n: int
    baseline_correct: int
    candidate_correct: int
    wins: int
    losses: int
    gain: float
    ci_low: float
    ci_high: float
    p_value: float
    groups: int | None = None
    group_wins: int | None = None
    group_losses: int | None = None


class AlphaUse(Model):
    """The level this test was held to, and what of the budget no later test can use any more."""

    test_number: int
    level: float
    spent_before: float
    spent_after: float
    budget: float


class GuardrailResult(Model):
    """Shares of runs that are well by this guardrail; `ci_low` bounds their difference."""

    name: str
    n: int | None = None
    margin: float
    baseline: float
    candidate: float
    ci_low: float
    passed: bool


class CostResult(Model):
    """Operational cost per run: `latency_ms`, `tokens` or `tool_calls`."""

    measure: str
    baseline: float
    candidate: float
    ratio_max: float
    passed: bool


class HunkResult(Model):
    """What is lost when one edit is left out (mine and select splits). Kept only when `needed`."""

    edit_index: int
    wins_lost: int
    losses_avoided: int
    needed: bool


class Flip(Model):
    """An example whose correctness changed. Sealed examples are never listed."""

    example_key: str
    trace_id: str
    split: Literal["mine", "select"]
    expected: JsonValue
    before: JsonValue
    after: JsonValue


class ExperimentFinished(Event):
    """`edits` are the 1-minimal edits that were tested: a subset of the proposal's."""

    experiment_id: str
    proposal_id: str
    agent: str
    mining_run_id: str
    verdict: Verdict
    reasons: tuple[str, ...]
    baseline_digest: str
    candidate_digest: str
    edits: tuple[dict[str, JsonValue], ...]
    mine: PairedResult | None = None
    select: PairedResult | None = None
    sealed: PairedResult | None = None
    alpha: AlphaUse | None = None
    guardrails: tuple[GuardrailResult, ...] = ()
    costs: tuple[CostResult, ...] = ()
    hunks: tuple[HunkResult, ...] = ()
    flips: tuple[Flip, ...] = ()
    finished_at: Timestamp

    def natural_id(self) -> str:
        return f"experiment:{self.experiment_id}"

    def partition_key(self) -> str:
        return self.agent
