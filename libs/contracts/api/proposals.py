"""`/api/v1/proposals` on review_gate."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from libs.contracts.base import Model, Timestamp
from libs.contracts.events.experiments import ExperimentFinished
from libs.contracts.events.proposals import ProposalDrafted

ProposalState = Literal[
    "drafted", "refused", "inconclusive", "open", "approved", "rejected", "superseded"
]

Risk = Literal["low", "medium", "high"]


class ProposalView(Model):
    """A proposal with its experiment, its pull request and what was decided.

    drafted: waits for its verdict; refused, inconclusive: by the experiment; open: a person's turn.
    """

    proposal: ProposalDrafted
    experiment: ExperimentFinished | None
    state: ProposalState
    risk: Risk | None = None
    risk_reasons: tuple[str, ...] = ()
    title: str | None = None
    body: str | None = None
    diff: str | None = None
    """Of the edits that were tested, which may be fewer than those of the draft."""
    branch: str | None = None
    head_commit: str | None = None
    pull_url: str | None = None
    """Where the forge shows the pull request; None for the local git forge."""
    evidence_expires_at: Timestamp | None = None
    merge_commit: str | None = None
    bundle_digest: str | None = None
    decided_by: str | None = None
    decided_reason: str | None = None
    """Also why a proposal was refused, was inconclusive or was superseded."""
    decided_at: Timestamp | None = None
    updated_at: Timestamp


class DecisionPosted(Model):
    """`POST /api/v1/proposals/{id}/decision`. `head_commit` is the one that was read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Literal["approve", "reject"]
    reviewer: Annotated[str, Field(min_length=1, max_length=200)]
    head_commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    reason: Annotated[str, Field(max_length=10_000)] = ""
