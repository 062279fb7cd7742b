"""What a key without the scope `review` may see: a miner must not learn from sealed data."""

from libs.contracts.api import ProposalView
from libs.contracts.sealed import NOT_SHOWN, without_sealed


def shown_to_readers(view: ProposalView) -> ProposalView:
    """The same proposal without sealed figures, nor the texts that quote them."""
    experiment = view.experiment
    if experiment is None:
        return view
    hidden: dict[str, object] = {"title": None, "body": None}
    if experiment.sealed is not None:
        hidden["experiment"] = without_sealed(experiment)
        if view.state in ("refused", "inconclusive") and view.decided_by == "experiments":
            hidden["decided_reason"] = NOT_SHOWN
    return view.model_copy(update=hidden)
