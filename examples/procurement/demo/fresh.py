"""The final count: requests that no part of the loop has seen."""

from collections.abc import Iterator, Sequence

from examples.procurement.data import PurchaseRequest
from examples.procurement.demo.agent_api import Ran
from examples.procurement.demo.figures import Rate
from examples.procurement.demo.rounds import Loop, decisions_right

STEP = -1


async def count_fresh(loop: Loop) -> None:
    """Run the final config live, and the baseline config on the very same inputs."""
    if loop.state.fresh_baseline is not None:
        return
    ran = await _run_live(loop)
    reviews = loop.case.fresh_reviews
    requests = loop.case.fresh_requests
    wanted = [reviews[one.id].decision for one in requests]
    final = decisions_right(
        [(ran[one.id].decision, want) for one, want in zip(requests, wanted, strict=True)]
    )
    baseline = await _replay_baseline(loop, [ran[one.id] for one in requests], wanted)
    loop.state.fresh_final, loop.state.fresh_baseline = final, baseline
    loop.save()


async def _run_live(loop: Loop) -> dict[str, Ran]:
    """In as many budget periods as it takes: each as long as the one that was learned from."""
    loop.state.fresh_attempts += 1
    loop.save()
    run = f"{loop.case_id}/fresh"
    ran: dict[str, Ran] = {}
    with loop.screen.step(STEP, "requests answered", len(loop.case.fresh_requests)) as tick:
        for number, part in enumerate(periods(loop.case.fresh_requests, len(loop.case.requests))):
            period = f"{run}-{number}#{loop.state.fresh_attempts}"
            ran |= await loop.agent.run_all(part, run, period, tick)
    return ran


def periods(requests: Sequence[PurchaseRequest], size: int) -> Iterator[Sequence[PurchaseRequest]]:
    """Parts of equal size, the last one shorter."""
    return (requests[start : start + size] for start in range(0, len(requests), size))


async def _replay_baseline(loop: Loop, ran: Sequence[Ran], wanted: Sequence[str]) -> Rate:
    bundle = await loop.api.bundle(loop.state.rounds[0].digest)
    with loop.screen.step(STEP, "same requests under the first config", len(ran)) as tick:

        def ticks(count: int) -> None:
            for _ in range(count):
                tick()

        url = await loop.intake.replay_url()
        came = await loop.agent.replay(url, bundle, [one.input for one in ran], ticks)
    return decisions_right(list(zip(came, wanted, strict=True)))
