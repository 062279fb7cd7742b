"""Messages of commits and comments that the gate writes."""

from libs.contracts.api import ProposalView
from services.review_gate.domain.ports import Intent
from services.review_gate.domain.quoting import one_line, quoted, unlinked


def merge_message(view: ProposalView, intent: Intent) -> str:
    """Message of the merge commit; equal for every attempt at the same decision."""
    trailers = {
        "Approved-by": intent.decided_by,
        "Proposal": view.proposal.proposal_id,
        "Experiment": view.experiment.experiment_id if view.experiment else "",
        "Config-digest": view.experiment.candidate_digest if view.experiment else "",
    }
    lines = [f"{key}: {one_line(value)}" for key, value in trailers.items() if value]
    subject = f"Merge {view.branch}: {one_line(view.title or view.proposal.title)}"
    said = [subject, *([one_line(intent.reason)] if intent.reason else [])]
    return unlinked("\n\n".join(said)) + "\n\n" + "\n".join(lines) + "\n"


def commit_message(title: str, body: str) -> str:
    """Message of the proposal's one commit: the same words as the pull request.

    A forge reads it as plain text: a code span keeps no `Fixes #12` from closing that issue.
    """
    return unlinked(f"{one_line(title)}\n\n{body.strip()}\n")


def close_comment(intent: Intent) -> str:
    """What the forge shows when a pull request is closed without a merge."""
    reason = quoted(intent.reason, 2000) if intent.reason else "no reason given"
    return f"{intent.decision.capitalize()} by {quoted(intent.decided_by)}: {reason}"


def link_to(view: ProposalView) -> str:
    """Where a reader finds another proposal."""
    return view.pull_url or f"/proposals/{view.proposal.proposal_id}"
