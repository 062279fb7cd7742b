"""The final count: requests that no part of the loop has seen."""

import json
from collections.abc import Sequence

from examples.procurement.agent.ledger import Ledger
from examples.procurement.demo.agent_api import Ran
from examples.procurement.demo.cycles import decisions_right
from examples.procurement.demo.figures import Rate
from examples.procurement.demo.lanes import Lane, lanes_of_periods, waves
from examples.procurement.demo.loop import Loop
from examples.procurement.demo.waiting import wait_for

STEP = -1


async def count_fresh(loop: Loop) -> dict[str, Ran]:
    """Run the final config live; replay the first one, and that after the first cycle.

    Returns the live runs, by request.
    """
    state = loop.state
    pointer = await wait_for("a released config", loop.api.channel)
    state.fresh_attempts += 1
    loop.save()
    name = f"{loop.case_id}/fresh#{state.fresh_attempts}"
    # A period is as long as the one that was learned from: budgets bind as often.
    lanes = lanes_of_periods(loop.case.fresh_requests, len(loop.case.requests), name)
    ran = await _run_live(loop, lanes)
    final = _right(loop, {key: one.decision for key, one in ran.items()})
    counted = {pointer.digest: final}
    first = state.cycles[0].digest
    second = state.cycles[1].digest if len(state.cycles) > 1 else pointer.digest
    for digest, told in ((first, "the first config"), (second, "the config after one cycle")):
        if digest not in counted:
            counted[digest] = _right(loop, await _replay(loop, digest, lanes, told))
    state.fresh_final, state.fresh_digest = final, pointer.digest
    state.fresh_baseline, state.fresh_after_first = counted[first], counted[second]
    loop.save()
    return ran


def _right(loop: Loop, decisions: dict[str, str]) -> Rate:
    reviews = loop.case.fresh_reviews
    return decisions_right([(came, reviews[one].decision) for one, came in decisions.items()])


async def _run_live(loop: Loop, lanes: Sequence[Lane]) -> dict[str, Ran]:
    with loop.screen.step(STEP, "requests answered", len(loop.case.fresh_requests)) as tick:
        return await loop.agent.run_all(lanes, f"{loop.case_id}/fresh", tick)


async def _replay(loop: Loop, digest: str, lanes: Sequence[Lane], told: str) -> dict[str, str]:
    """In waves, with a ledger of its own: its approvals commit its departments' budgets."""
    bundle = json.loads(await loop.api.bundle(digest))
    url, ledger = await loop.intake.replay_url(), Ledger()
    decisions: dict[str, str] = {}
    total = len(loop.case.fresh_requests)
    with loop.screen.step(STEP, f"the same under {told}", total) as tick:
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
