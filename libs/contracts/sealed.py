"""What a key without the scope `review` may see: a miner must not learn from sealed data."""

from libs.contracts.events import ExperimentFinished

NOT_SHOWN = "the reasons quote sealed figures, which take the scope review"


def without_sealed(result: ExperimentFinished) -> ExperimentFinished:
    """The same report without sealed figures, nor the texts that quote them.

    Once there are sealed figures, reasons, guardrails and costs are of the sealed runs too.
    """
    if result.sealed is None:
        return result
    return result.model_copy(
        update={
            "sealed": None,
            "alpha": None,
            "guardrails": (),
            "costs": (),
            "reasons": (NOT_SHOWN,),
        }
    )
