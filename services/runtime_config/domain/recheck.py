"""The registry does not trust the merge: it looks at everything again before it releases."""

from dataclasses import dataclass

from pawl_sdk.bundle import Bundle, BundleError, compile_bundle

from libs.contracts.api import ConfigFiles, ProposalView
from libs.contracts.events import ExperimentFinished, ProposalDecided


class RefusedError(Exception):
    """This approval will never be released; the text says why."""


@dataclass(frozen=True)
class Policy:
    """Whose approvals count. No names: everybody's but the bot's."""

    reviewers: frozenset[str]
    bot: str


def is_by_hand(decided: ProposalDecided) -> bool:
    """A person's own files come without a proposal: an agent's first ones, and changes of them."""
    first = decided.proposal_id == f"import-{decided.agent}"
    later = decided.proposal_id.startswith("change-")
    return (first or later) and decided.experiment_id is None


def compiled(decided: ProposalDecided, files: ConfigFiles) -> Bundle:
    """The bundle of the merged files; it must be the one that was approved."""
    if files.agent != decided.agent or files.commit != decided.merge_commit:
        raise RefusedError(
            f"expected the files of {decided.agent} at {decided.merge_commit}, "
            f"came {files.agent} at {files.commit}"
        )
    try:
        bundle = compile_bundle(decided.agent, files.files)
    except BundleError as error:
        raise RefusedError(f"the merged files do not compile: {error}") from error
    if bundle.digest != decided.bundle_digest:
        raise RefusedError(
            f"the merged files compile to {bundle.digest}, approved was {decided.bundle_digest}"
        )
    return bundle


def check_reviewer(decided: ProposalDecided, policy: Policy) -> None:
    """The bot never approves, and nobody whom the policy does not name."""
    if decided.decided_by == policy.bot:
        raise RefusedError(f"approved by {policy.bot}: the bot never approves")
    if policy.reviewers and decided.decided_by not in policy.reviewers:
        allowed = ", ".join(sorted(policy.reviewers))
        raise RefusedError(f"approved by {decided.decided_by!r}, allowed are {allowed}")


def check_proposal(decided: ProposalDecided, view: ProposalView) -> ExperimentFinished:
    """The gate's own record must say the same as the event, with an accepted experiment.

    Returns the experiment's report.
    """
    if view.state != "approved":
        raise RefusedError(f"the review gate says that the proposal is {view.state}, not approved")
    if view.experiment is None or view.experiment.verdict != "accept":
        verdict = view.experiment.verdict if view.experiment else "none"
        raise RefusedError(f"expected the verdict accept, came {verdict}")
    claims = {
        "agent": (decided.agent, view.proposal.agent),
        "experiment": (decided.experiment_id, view.experiment.experiment_id),
        "head commit": (decided.head_commit, view.head_commit),
        "merge commit": (decided.merge_commit, view.merge_commit),
        "reviewer": (decided.decided_by, view.decided_by),
        "tested digest": (decided.bundle_digest, view.experiment.candidate_digest),
    }
    for name, (said, recorded) in claims.items():
        if said != recorded:
            raise RefusedError(f"{name}: the decision says {said}, the gate recorded {recorded}")
    return view.experiment
