"""The final count: requests that no part of the loop has seen."""

import json
from collections.abc import Sequence

from examples.procurement.agent.ledger import Ledger
from examples.procurement.demo.figures import Rate
from examples.procurement.demo.lanes import Lane, lanes_of_periods, waves
from examples.procurement.demo.rounds import Loop, decisions_right

STEP = -1


async def count_fresh(loop: Loop) -> None:
    """Run the final config live, and replay the first config on the same requests."""
    state = loop.state
    if state.fresh_baseline is not None:
        return
    state.fresh_attempts += 1
    loop.save()
    name = f"{loop.case_id}/fresh#{state.fresh_attempts}"
    # A period is as long as the one that was learned from: budgets bind as often.
    lanes = lanes_of_periods(loop.case.fresh_requests, len(loop.case.requests), name)
    state.fresh_final = _right(loop, await _run_live(loop, lanes))
    state.fresh_baseline = _right(loop, await _replay_first(loop, lanes))
    loop.save()


def _right(loop: Loop, decisions: dict[str, str]) -> Rate:
    reviews = loop.case.fresh_reviews
    return decisions_right([(came, reviews[one].decision) for one, came in decisions.items()])


async def _run_live(loop: Loop, lanes: Sequence[Lane]) -> dict[str, str]:
    with loop.screen.step(STEP, "requests answered", len(loop.case.fresh_requests)) as tick:
        ran = await loop.agent.run_all(lanes, f"{loop.case_id}/fresh", tick)
    return {one.request_id: one.decision for one in ran.values()}


async def _replay_first(loop: Loop, lanes: Sequence[Lane]) -> dict[str, str]:
    """In waves, with a ledger of its own: its approvals commit its departments' budgets."""
    bundle = json.loads(await loop.api.bundle(loop.state.rounds[0].digest))
    url, ledger = await loop.intake.replay_url(), Ledger()
    decisions: dict[str, str] = {}
    total = len(loop.case.fresh_requests)
    with loop.screen.step(STEP, "the same under the first config", total) as tick:
        for wave in waves(lanes):
            inputs = []
            for lane, one in wave:
                committed = ledger.committed(lane.period, one.department, one.id)
                inputs.append({**one.model_dump(mode="json"), "budget_committed": committed})
            came = await loop.agent.replay(url, bundle, inputs)
            for (lane, one), decision in zip(wave, came, strict=True):
                approved = one.amount if decision == "approve" else 0.0
                ledger.settle(lane.period, one.department, one.id, approved)
                decisions[one.id] = decision
                tick()
    return decisions
