"""What is known when a candidate is frozen, and how an experiment ends."""

from dataclasses import dataclass

from pydantic import JsonValue

from libs.contracts.base import Model
from libs.contracts.events import (
    CostResult,
    EvidenceKind,
    EvidenceResult,
    Flip,
    GuardrailResult,
    HunkResult,
    PairedResult,
    Verdict,
)


class Findings(Model):
    """Everything an experiment found so far; the report is made of it."""

    candidate_digest: str = ""
    edits: tuple[dict[str, JsonValue], ...] = ()
    edit_origins: tuple[int, ...] = ()
    lessons: PairedResult | None = None
    evidence: EvidenceResult | None = None
    guardrails: tuple[GuardrailResult, ...] = ()
    costs: tuple[CostResult, ...] = ()
    hunks: tuple[HunkResult, ...] = ()
    flips: tuple[Flip, ...] = ()
    flags: tuple[str, ...] = ()


class Frozen(Model):
    """A candidate that can change no more, and the test that it waits for.

    exact: its own, on the reviews after `from_position`. procedure: that of its era, which goes on
    whatever is drafted.
    """

    kind: EvidenceKind = "exact"
    edits: tuple[dict[str, JsonValue], ...]
    candidate_digest: str
    from_position: int
    test_number: int
    findings: Findings


@dataclass(frozen=True)
class Ending:
    """How an experiment ended and what it found."""

    verdict: Verdict
    reasons: tuple[str, ...]
    findings: Findings


class Ended(Exception):
    """Raised where an experiment is over."""

    def __init__(self, verdict: Verdict, *reasons: str, findings: Findings | None = None) -> None:
        super().__init__("; ".join(reasons))
        self.ending = Ending(verdict, reasons, findings or Findings())
