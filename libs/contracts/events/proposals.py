"""One hypothesis with its diff, and what a person decided."""

from typing import Literal

from pydantic import JsonValue

from libs.contracts.base import Event, Model, Timestamp


class HunkEvidence(Model):
    """Why one edit of a proposal is there, in plain words and figures from the lessons."""

    edit_index: int
    plain: str
    support: int
    """Reviewed examples on which the edit changes the answer."""
    wins: int
    losses: int
    cluster_id: str | None = None
    exemplars: tuple[str, ...] = ()
    """Trace ids."""
    quotes: tuple[str, ...] = ()
    """Words of reviewers, quoted as data."""


class ProposalDrafted(Event):
    """`edits` is the change (see `pawl_sdk.bundle.edits`); `diff` shows it as unified text."""

    proposal_id: str
    """`prop-` and 12 hex digits of the hash over base commit and edits."""
    agent: str
    mining_run_id: str
    base_commit: str
    base_digest: str
    title: str
    hypothesis: str
    author: Literal["statistical", "claude", "person"]
    model: str | None = None
    edits: tuple[dict[str, JsonValue], ...]
    diff: str
    evidence: tuple[HunkEvidence, ...] = ()
    learned_through: int | None = None
    """The newest review that the draft was learned from; None when no review was read."""
    cluster_ids: tuple[str, ...] = ()
    drafted_at: Timestamp

    def natural_id(self) -> str:
        return f"proposal:{self.proposal_id}"

    def partition_key(self) -> str:
        return self.agent


Decision = Literal["approved", "rejected", "superseded"]


class ProposalDecided(Event):
    """`merge_commit` and `bundle_digest` are set when the decision is `approved`."""

    proposal_id: str
    agent: str
    decision: Decision
    decided_by: str
    reason: str = ""
    head_commit: str
    merge_commit: str | None = None
    experiment_id: str | None = None
    bundle_digest: str | None = None
    decided_at: Timestamp

    def natural_id(self) -> str:
        return f"decision:{self.proposal_id}:{self.decision}:{self.head_commit}"

    def partition_key(self) -> str:
        return self.agent
