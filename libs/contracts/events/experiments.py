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


EvidenceKind = Literal["exact", "procedure"]
"""exact: this very config, on reviews recorded after it was frozen. procedure: learning like this,
on reviews that came after what it had learned from."""


class EvidenceResult(Model):
    """The evidence of one sequential test, at the moment of the report.

    `level` is the chance that this test accepts what is no improvement; it was fixed when the test
    was opened. An e-value passes at 1 / level, a p-value at level; both hold at every moment.
    Reviews are counted from after `from_position` through `through_position` of the agent's log.
    """

    kind: EvidenceKind
    test_number: int
    level: float
    budget: float
    promoted_before: int
    n: int
    groups: int | None = None
    baseline_correct: int
    candidate_correct: int
    wins: int
    losses: int
    gain: float
    ci_low: float
    ci_high: float
    e_value: float | None = None
    p_value: float | None = None
    from_position: int
    through_position: int


class GuardrailResult(Model):
    """Shares of runs that are well by this guardrail; `ci_low` bounds their difference.

    `shown`: whether so many examples show that it holds. What is not shown yet refuses nothing as
    long as it `passed`. `rate_max` bounds how often a never-event can happen after all.
    """

    name: str
    n: int | None = None
    margin: float
    baseline: float
    candidate: float
    ci_low: float
    passed: bool
    shown: bool | None = None
    rate_max: float | None = None


class CostResult(Model):
    """Cost per run: `latency_ms` (the median), `latency_p95_ms`, `tokens`, `tool_calls`, and
    `answer_cost` where the task says what wrong answers cost."""

    measure: str
    baseline: float
    candidate: float
    ratio_max: float
    passed: bool


class HunkResult(Model):
    """What is lost on the lessons when one edit is left out. Kept only when `needed`."""

    edit_index: int
    wins_lost: int
    losses_avoided: int
    needed: bool


class Flip(Model):
    """A lesson whose correctness changed."""

    example_key: str
    trace_id: str
    expected: JsonValue
    before: JsonValue
    after: JsonValue


class ExperimentFinished(Event):
    """`edits` are the minimal edits that were tested: parts of the proposal's.

    `lessons` describes what was known when the candidate was frozen and proves nothing; `evidence`
    is the proof. `flags` are findings for the reviewer that did not refuse the change.
    """

    experiment_id: str
    proposal_id: str
    agent: str
    mining_run_id: str
    verdict: Verdict
    reasons: tuple[str, ...]
    baseline_digest: str
    candidate_digest: str
    edits: tuple[dict[str, JsonValue], ...]
    edit_origins: tuple[int, ...] = ()
    """For each tested edit the index of the draft's edit that it is, or is a part of."""
    lessons: PairedResult | None = None
    evidence: EvidenceResult | None = None
    flags: tuple[str, ...] = ()
    guardrails: tuple[GuardrailResult, ...] = ()
    costs: tuple[CostResult, ...] = ()
    hunks: tuple[HunkResult, ...] = ()
    flips: tuple[Flip, ...] = ()
    finished_at: Timestamp

    def natural_id(self) -> str:
        return f"experiment:{self.experiment_id}"

    def partition_key(self) -> str:
        return self.agent


class LiveTestFinished(Event):
    """What a config that was promoted on procedure evidence showed in live traffic.

    Its exact test, against the config that was served before it: confirmed, or shown to be worse.
    """

    experiment_id: str
    proposal_id: str
    agent: str
    outcome: Literal["confirmed", "worse"]
    baseline_digest: str
    candidate_digest: str
    evidence: EvidenceResult
    finished_at: Timestamp

    def natural_id(self) -> str:
        return f"live-test:{self.experiment_id}"

    def partition_key(self) -> str:
        return self.agent
