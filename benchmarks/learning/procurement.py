"""The demo's case, offline: its requests through its deterministic agent, in this process."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pawl_sdk.bundle import RuleSet, compile_bundle
from pawl_sdk.config import Snapshot

from benchmarks.learning.problem import Problem
from examples.procurement.agent.config import AgentConfig
from examples.procurement.agent.deterministic import ask_all, decide
from examples.procurement.agent.facts import gather
from examples.procurement.agent.ledger import Ledger
from examples.procurement.agent.tools import Systems, Toolbox
from examples.procurement.data.model import PurchaseRequest, Reference
from examples.procurement.generator.company import REFERENCE
from examples.procurement.generator.requests import draw_requests
from examples.procurement.reviewer import Reviewer
from libs.facts import flatten
from libs.learning import Case

CONFIG = Path("examples/procurement/config/agents/procurement")
PERIOD = 130
STREAM = 4 * PERIOD
FRESH = 1_000


def procurement(seed: int, reference: Reference = REFERENCE, fresh: int = FRESH) -> Problem:
    """130 reviews of the case as the demo plays it, 390 more of the same world, fresh ones."""
    reviewer = Reviewer(reference, seed)
    first = draw_requests(seed, "learn", "R", PERIOD)
    later = draw_requests(seed, "stream", "S", STREAM - PERIOD)
    unseen = draw_requests(seed, "fresh", "F", fresh)
    systems = Systems.of(reference)
    return Problem(
        name=f"procurement/{seed}",
        stream=tuple(_cases([*first, *later], systems, reviewer)),
        fresh=tuple(_cases(unseen, systems, reviewer)),
    )


def first_snapshot() -> Snapshot:
    """The config that the demo starts with."""
    files = {
        path.relative_to(CONFIG).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(CONFIG.rglob("*"))
        if path.is_file()
    }
    bundle = compile_bundle("procurement", files)
    built = AgentConfig.build(bundle)
    return Snapshot(bundle, 1, lambda: date(2026, 1, 1), RuleSet(bundle.rules), built=built)


def _cases(
    requests: Sequence[PurchaseRequest], systems: Systems, reviewer: Reviewer
) -> Iterator[Case]:
    snapshot, ledger = first_snapshot(), Ledger()
    for number, request in enumerate(requests):
        period = str(number // PERIOD)
        committed = ledger.committed(period, request.department, request.id)
        given = {**request.model_dump(mode="json"), "budget_committed": committed}
        facts = _facts(given, systems, snapshot)
        answered = str(facts["draft"]["decision"])
        spent = request.amount if answered == "approve" else 0.0
        ledger.settle(period, request.department, request.id, spent)
        review = reviewer.review(request)
        yield Case(
            key=request.id,
            trace_id=f"{number:032x}",
            facts=flatten(facts),
            inputs=given,
            answered=answered,
            expected=review.decision,
            precedent=review.precedent,
            reason=review.reasoning,
        )


def _facts(given: dict[str, Any], systems: Systems, snapshot: Snapshot) -> dict[str, Any]:
    config: AgentConfig = snapshot.built
    toolbox = Toolbox(systems, snapshot, config.parameters, given["budget_committed"])
    results = {one["name"]: toolbox.call(one["name"], one["args"]) for one in ask_all(given)}
    draft = decide(config.prompt, config.parameters, results)
    return gather(given, results, draft.model_dump())
