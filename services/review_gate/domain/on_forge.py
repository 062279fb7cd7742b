"""What people merged or closed on the forge itself, as the decision that it is."""

from datetime import datetime

from libs.contracts.api import ProposalView
from libs.contracts.api.proposals import Risk
from services.review_gate.domain.policy import Policy
from services.review_gate.domain.ports import Intent, Pull

NOT_RELEASED = "not released; revert the merge"


def taken_on_forge(view: ProposalView, pull: Pull, policy: Policy, now: datetime) -> Intent:
    """The decision behind a pull request that is no longer open."""
    head = pull.head_commit
    if pull.state == "closed":
        by = pull.decided_by or "unknown"
        reason = pull.words.get(by) or "closed on the forge without a reason"
        return Intent("rejected", by, reason, head, now)
    objection = objection_to(pull, policy, view.risk)
    if head != view.head_commit:
        objection = "merged on the forge with commits that were never tested"
    approver = _approver(pull, policy, view.risk)
    if objection or approver is None:
        return Intent("rejected", policy.bot, f"{objection}: {NOT_RELEASED}", head, now)
    return Intent("approved", approver, pull.words.get(approver, ""), head, now)


def objection_to(pull: Pull, policy: Policy, risk: Risk | None) -> str | None:
    """Why a merge by people is not released; None when checks and policy allow it."""
    if pull.not_green:
        return f"merged on the forge while not green ({', '.join(pull.not_green)})"
    if _approver(pull, policy, risk) is None:
        by = pull.decided_by or "unknown"
        return f"merged on the forge by {by}, whom the policy forbids"
    return None


def _approver(pull: Pull, policy: Policy, risk: Risk | None) -> str | None:
    people = (*pull.approved_by, *([pull.decided_by] if pull.decided_by else []))
    return next((one for one in people if policy.may_decide(one, risk)), None)
