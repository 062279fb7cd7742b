"""Proposals as the person is shown them."""

from collections.abc import Sequence

from examples.procurement.demo.state import Learned, Outcome
from libs.contracts.api import ExperimentView, ProposalView
from libs.contracts.events import HunkEvidence


def waiting_outcome(name: str, view: ProposalView, test: ExperimentView) -> Outcome:
    """Frozen; reviews that come from now on judge it."""
    return Outcome(
        proposal_id=view.proposal.proposal_id,
        name=name,
        experiment_id=test.experiment_id,
        state="waiting",
        title=view.title or view.proposal.title,
        learned=_learned(view.proposal.evidence),
        reasons=(),
        evidence=test.evidence,
    )


def decided_outcome(name: str, view: ProposalView) -> Outcome:
    """With the edits that were tested: what the test left out was not learned."""
    proposal, experiment = view.proposal, view.experiment
    tested = set(experiment.edit_origins) if experiment else set()
    evidence = [one for one in proposal.evidence if not tested or one.edit_index in tested]
    return Outcome(
        proposal_id=proposal.proposal_id,
        name=name,
        experiment_id=experiment.experiment_id if experiment else None,
        state="inconclusive" if view.state in ("drafted", "open") else view.state,
        title=view.title or proposal.title,
        learned=_learned(evidence),
        reasons=experiment.reasons if experiment else (),
        evidence=experiment.evidence if experiment else None,
        candidate_digest=experiment.candidate_digest if experiment else None,
    )


def _learned(evidence: Sequence[HunkEvidence]) -> tuple[Learned, ...]:
    return tuple(
        Learned(
            plain=one.plain,
            support=one.support,
            wins=one.wins,
            losses=one.losses,
            quotes=one.quotes,
        )
        for one in evidence
    )
