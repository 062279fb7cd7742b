"""What is known before the sealed split is touched, and what is left to do."""

from dataclasses import dataclass

from pydantic import JsonValue

from libs.contracts.base import Model
from libs.contracts.events import (
    AlphaUse,
    CostResult,
    Flip,
    GuardrailResult,
    HunkResult,
    PairedResult,
    Verdict,
)
from services.experiments.domain.cases import Case


class Findings(Model):
    """Everything an experiment found so far; the report is made of it."""

    candidate_digest: str = ""
    edits: tuple[dict[str, JsonValue], ...] = ()
    mine: PairedResult | None = None
    select: PairedResult | None = None
    sealed: PairedResult | None = None
    alpha: AlphaUse | None = None
    guardrails: tuple[GuardrailResult, ...] = ()
    costs: tuple[CostResult, ...] = ()
    hunks: tuple[HunkResult, ...] = ()
    flips: tuple[Flip, ...] = ()


class SealedPlan(Model):
    """Stored with the ledger row, before any sealed outcome is computed.

    It freezes the cases and the candidate, so that a restart finishes the very test that was
    paid for.
    """

    epoch: int
    test_number: int
    level: float
    kept: tuple[int, ...]
    """Indices of the proposal's edits that the test is about."""
    cases: tuple[Case, ...]
    findings: Findings


@dataclass(frozen=True)
class Ending:
    """How an experiment ended and what it found."""

    verdict: Verdict
    reasons: tuple[str, ...]
    findings: Findings


class Ended(Exception):
    """Raised where an experiment is over before its sealed test."""

    def __init__(self, verdict: Verdict, *reasons: str, findings: Findings) -> None:
        super().__init__("; ".join(reasons))
        self.ending = Ending(verdict, reasons, findings)
