"""The event that says how an experiment ended."""

import hashlib
from datetime import datetime

from libs.contracts.events import ExperimentFinished, ProposalDrafted
from services.experiments.domain.plan import Ending


def experiment_id_of(proposal: ProposalDrafted) -> str:
    """One experiment for each time a mining run drafts a proposal; a redelivery makes no second."""
    name = f"{proposal.proposal_id}\x00{proposal.mining_run_id}"
    return "exp-" + hashlib.sha256(name.encode()).hexdigest()[:12]


def report(proposal: ProposalDrafted, ending: Ending, finished_at: datetime) -> ExperimentFinished:
    """The whole report; `edits` are the proposal's own when none were dropped yet."""
    found = ending.findings
    return ExperimentFinished(
        experiment_id=experiment_id_of(proposal),
        proposal_id=proposal.proposal_id,
        agent=proposal.agent,
        mining_run_id=proposal.mining_run_id,
        verdict=ending.verdict,
        reasons=ending.reasons,
        baseline_digest=proposal.base_digest,
        candidate_digest=found.candidate_digest,
        edits=found.edits or proposal.edits,
        edit_origins=found.edit_origins,
        lessons=found.lessons,
        evidence=found.evidence,
        flags=found.flags,
        guardrails=found.guardrails,
        costs=found.costs,
        hunks=found.hunks,
        flips=found.flips,
        finished_at=finished_at,
    )
