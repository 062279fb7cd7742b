"""`PUT /loop-reports/{run}` on console: how far a run of the loop has come, with its figures.

A report may be put again and again as it grows. The demo's own report has this shape.
"""

from typing import Annotated, Any

from pydantic import Field

from libs.contracts.base import Model
from libs.contracts.events.experiments import EvidenceKind, EvidenceResult

Share = Annotated[float, Field(ge=0, le=1)]


class LoopRate(Model):
    """Agreement with reviewers on n examples, with its 95 % interval."""

    agreement: Share | None
    n: Annotated[int, Field(ge=0)] | None = None
    ci: tuple[Share, Share] | None = None


class LoopPoint(Model):
    """One config. `figures` holds n and interval of the shares beside it, by their names."""

    mine: Share | None = None
    select: Share | None = None
    sealed: Share | None = None
    """Of older reports, from before every review was evidence first."""
    new: Share | None = None
    """On requests that came in while it was served, before anything was learned from them."""
    fresh: LoopRate | Share | None = None
    figures: dict[str, LoopRate] = {}
    digest: str | None = None


class LoopOutcome(Model):
    """What became of one proposal of a cycle."""

    state: str = ""
    name: str = ""
    title: str = ""
    proposal_id: str | None = None
    rules: tuple[dict[str, Any], ...] = ()
    reasons: tuple[str, ...] = ()
    evidence_kind: EvidenceKind | None = None
    evidence: EvidenceResult | None = None
    """None before any review has judged it."""


class LoopCycle(LoopPoint):
    """Figures of cycle `n`, what it accepted and refused, and what was under test at its end."""

    n: Annotated[int, Field(ge=1)]
    reviews: Annotated[int, Field(ge=0)] | None = None
    """So far, those of this cycle included."""
    accepted: tuple[LoopOutcome, ...] = ()
    refused: tuple[LoopOutcome, ...] = ()
    waiting: tuple[LoopOutcome, ...] = ()
    note: str = ""


class LoopFinal(LoopPoint):
    """The config at the end, and on the same requests the one after the first cycle."""

    after_first_cycle: LoopRate | None = None


class LoopRivals(Model):
    """Learners of the shelf with as many reviews, on the same fresh requests."""

    reviews: Annotated[int, Field(ge=0)]
    tree: LoopRate
    boosting: LoopRate


class SkippedRow(Model):
    """A row of the case that cannot be used, and what was expected there."""

    file: str
    line: int | None = None
    field: str = ""
    message: str


class LoopReport(Model):
    """`final` and `seconds` come with the last put."""

    agent: Annotated[str, Field(max_length=100)] | None = None
    case: str | None = None
    baseline: LoopPoint
    cycles: Annotated[tuple[LoopCycle, ...], Field(max_length=1000)] = ()
    final: LoopFinal | None = None
    rivals: dict[str, LoopRivals] = {}
    """`after_first_cycle` and `final`."""
    reviews_used: Annotated[int, Field(ge=0)] | None = None
    skipped_rows: tuple[SkippedRow, ...] = ()
    seconds: float | None = None
