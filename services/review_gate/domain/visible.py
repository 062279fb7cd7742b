"""What a key without the scope `review` may see: a miner must not learn from sealed data."""

from libs.contracts.api import ProposalView


def without_sealed(view: ProposalView) -> ProposalView:
    """The same proposal without sealed figures, nor the texts that quote them."""
    if view.experiment is None:
        return view
    experiment = view.experiment.model_copy(update={"sealed": None, "alpha": None})
    return view.model_copy(update={"experiment": experiment, "title": None, "body": None})
