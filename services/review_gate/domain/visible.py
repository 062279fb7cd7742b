"""What a key without the scope `review` may see: a miner must not learn from sealed data."""

from libs.contracts.api import ProposalView
from libs.contracts.events import ExperimentFinished

NOT_SHOWN = "the reasons quote sealed figures, which take the scope review"


def without_sealed(view: ProposalView) -> ProposalView:
    """The same proposal without sealed figures, nor the texts that quote them."""
    experiment = view.experiment
    if experiment is None:
        return view
    hidden: dict[str, object] = {"title": None, "body": None}
    if experiment.sealed is not None:
        hidden["experiment"] = _verdict_only(experiment)
        if view.state in ("refused", "inconclusive") and view.decided_by == "experiments":
            hidden["decided_reason"] = NOT_SHOWN
    return view.model_copy(update=hidden)


def _verdict_only(experiment: ExperimentFinished) -> ExperimentFinished:
    """Once there are sealed figures, reasons, guardrails and costs are of the sealed runs too."""
    return experiment.model_copy(
        update={
            "sealed": None,
            "alpha": None,
            "guardrails": (),
            "costs": (),
            "reasons": (NOT_SHOWN,),
        }
    )
