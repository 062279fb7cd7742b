"""`PUT /loop-reports/{run}` on console: how far a run of the loop has come, with its figures.

A report may be put again and again as it grows. The demo's own report has this shape.
"""

from typing import Annotated, Any

from pydantic import Field

from libs.contracts.base import Model

Share = Annotated[float, Field(ge=0, le=1)]


class LoopRate(Model):
    """Agreement with reviewers on n examples, with its 95 % interval."""

    agreement: Share | None
    n: Annotated[int, Field(ge=0)] | None = None
    ci: tuple[Share, Share] | None = None


class LoopPoint(Model):
    """One config. `figures` holds n and interval of the shares beside it."""

    mine: Share | None = None
    select: Share | None = None
    sealed: Share | None = None
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
    sealed: dict[str, Any] = {}


class LoopCycle(LoopPoint):
    """Figures after cycle `n`, and what it accepted and refused."""

    n: Annotated[int, Field(ge=1)]
    accepted: tuple[LoopOutcome, ...] = ()
    refused: tuple[LoopOutcome, ...] = ()
    note: str = ""


class LoopReport(Model):
    """`final` and `seconds` come with the last put."""

    agent: Annotated[str, Field(max_length=100)] | None = None
    case: str | None = None
    baseline: LoopPoint
    cycles: Annotated[tuple[LoopCycle, ...], Field(max_length=1000)] = ()
    final: LoopPoint | None = None
    seconds: float | None = None
