"""Without the scope `review` nothing that quotes the sealed split is shown."""

from libs.contracts.api import ProposalView
from libs.contracts.events import CostResult, ExperimentFinished
from libs.contracts.sealed import NOT_SHOWN
from libs.testkit.proposals import AT, drafted, finished, paired
from services.review_gate.domain.visible import shown_to_readers

COMMIT = "a" * 40
QUOTED = "sealed: 9 wins against 8 losses on 53 examples, p = 0.5, over the level of 0.0125"


def refused(experiment: ExperimentFinished) -> ProposalView:
    return ProposalView(
        proposal=drafted(COMMIT),
        experiment=experiment,
        state="refused",
        decided_by="experiments",
        decided_reason="; ".join(experiment.reasons),
        decided_at=AT,
        updated_at=AT,
    )


def test_reasons_guardrails_and_costs_of_a_sealed_test_are_not_shown() -> None:
    cost = CostResult(measure="tokens", baseline=1, candidate=2, ratio_max=1.5, passed=False)
    experiment = finished(
        drafted(COMMIT),
        "reject",
        sealed=paired(53, 29, 9, 8, 0.5, 0.139),
        reasons=(QUOTED, "cost: tokens per run 1.0 before, 2.0 after"),
        costs=(cost,),
    )
    view = shown_to_readers(refused(experiment))
    assert view.experiment is not None
    assert (view.experiment.verdict, view.experiment.mine) == ("reject", experiment.mine)
    assert (view.experiment.sealed, view.experiment.alpha) == (None, None)
    assert (view.experiment.guardrails, view.experiment.costs) == ((), ())
    assert (view.experiment.reasons, view.decided_reason) == ((NOT_SHOWN,), NOT_SHOWN)
    assert "9 wins" not in view.model_dump_json()


def test_reasons_from_open_examples_and_of_people_are_shown() -> None:
    early = finished(drafted(COMMIT), "reject", sealed=None, alpha=None)
    view = shown_to_readers(refused(early))
    assert (view.experiment, view.decided_reason) == (early, early.reasons[0])
    by_ada = {"state": "rejected", "decided_by": "ada", "decided_reason": "not this quarter"}
    decided = refused(finished(drafted(COMMIT))).model_copy(update=by_ada)
    assert shown_to_readers(decided).decided_reason == "not this quarter"
