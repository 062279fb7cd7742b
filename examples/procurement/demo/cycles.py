"""One cycle: new requests, reviews, figures, verdicts, mining, decisions, the new config."""

from collections.abc import Sequence

from examples.procurement.demo.agent_api import Ran
from examples.procurement.demo.batches import Batch
from examples.procurement.demo.errors import DemoError
from examples.procurement.demo.figures import Rate
from examples.procurement.demo.lanes import lanes_of
from examples.procurement.demo.loop import Loop
from examples.procurement.demo.reviewing import feedback_on
from examples.procurement.demo.state import Cycle, Outcome
from examples.procurement.demo.waiting import wait_for

Runs = dict[str, Ran]


async def play_cycle(loop: Loop, n: int) -> None:
    """Go on with cycle `n`, from 1, where it stopped; every step may be done twice without harm."""
    this, batch = await _open(loop, n), loop.batches[n - 1]
    if this.agreement is None:
        runs = await _run(loop, this, batch)
        # Before anything learns from these reviews.
        this.agreement = decisions_right(
            [(runs[key].decision, review.decision) for key, review in batch.reviews.items()]
        )
        await _review(loop, this, batch, runs)
        this.reviews = _reviews_before(loop, n) + len(batch.requests)
        loop.save()
    loop.screen.measured(this)
    if not this.judged:
        await _judge(loop, this)
        this.judged = True
        loop.save()
    if not this.mined:
        await _mine(loop, this)
        this.mined = True
        loop.save()
        loop.screen.decided(this)


def run_name(loop: Loop, n: int) -> str:
    return f"{loop.case_id}/{n}"


async def _open(loop: Loop, n: int) -> Cycle:
    cycles = loop.state.cycles
    if n > len(cycles):
        pointer = await wait_for("a released config", loop.api.channel)
        cycles.append(Cycle(n=n, digest=pointer.digest, generation=pointer.generation))
        loop.save()
    return cycles[n - 1]


def _reviews_before(loop: Loop, n: int) -> int:
    return sum(len(batch.requests) for batch in loop.batches[: n - 1])


async def _run(loop: Loop, this: Cycle, batch: Batch) -> Runs:
    """Run again from the first request after a crash: the same runs have the same trace ids."""
    this.attempts += 1
    loop.save()
    period, total = f"{run_name(loop, this.n)}#{this.attempts}", len(batch.requests)
    with loop.screen.step(this.n, "requests answered", total) as tick:
        lanes = lanes_of(batch.requests, period)
        runs = await loop.agent.run_all(lanes, run_name(loop, this.n), tick)
    strays = {ran.digest for ran in runs.values()} - {this.digest}
    if strays:
        raise DemoError(f"expected every run under {this.digest}, came {strays}")
    with loop.screen.step(this.n, "traces found again", total) as tick:
        await loop.intake.stored({ran.trace_id for ran in runs.values()}, this.digest, tick)
    return runs


async def _review(loop: Loop, this: Cycle, batch: Batch, runs: Runs) -> None:
    pairs = [(runs[one.id], batch.reviews[one.id]) for one in batch.requests]
    posted = feedback_on(loop.project, loop.mining.agent, run_name(loop, this.n), pairs)
    with loop.screen.step(this.n, "reviews posted", len(posted)) as tick:
        await loop.api.post_feedback(posted)
        for _ in posted:
            tick()
    before = _reviews_before(loop, this.n)
    with loop.screen.step(this.n, "reviews taken in", len(posted)) as tick:
        await loop.intake.taken_in(before, len(posted), tick)


async def _judge(loop: Loop, this: Cycle) -> None:
    """What these reviews say of candidates that were frozen before they came."""
    waiting = loop.state.waiting
    promoted = [one for cycle in loop.state.cycles for one in cycle.accepted]
    if not (promoted or waiting):
        return
    with loop.screen.step(this.n, "what was under test, judged by them", 1) as tick:
        await loop.evidence.through(waiting, promoted[-1] if promoted else None)
        tick()
    _sort(this, await loop.mining.look(waiting))
    loop.save()
    await _take_in(loop, this)


async def _mine(loop: Loop, this: Cycle) -> None:
    over = {one.proposal_id for one in this.outcomes}
    waiting = [one for one in loop.state.waiting if one.proposal_id not in over]
    earlier = loop.state.cycles[: this.n - 1]
    known = {one.proposal_id for cycle in earlier for one in (*cycle.outcomes, *cycle.waiting)}
    name = f"{loop.case_id}-cycle-{this.n}"
    drafted, this.note = await loop.mining.mine(name, this.n, known)
    # A newer draft may have taken the place of one that waited.
    _sort(this, [*await loop.mining.look(waiting), *drafted])
    loop.save()
    await _take_in(loop, this)


def _sort(this: Cycle, outcomes: Sequence[Outcome]) -> None:
    """Decided, each once: a step that is done again finds the same proposals; or waiting on."""
    over = {one.proposal_id for one in this.outcomes}
    ended = [one for one in outcomes if one.state != "waiting"]
    this.outcomes += [one for one in ended if one.proposal_id not in over]
    this.waiting = [one for one in outcomes if one.state == "waiting"]


async def _take_in(loop: Loop, this: Cycle) -> None:
    """Wait until the running agent has loaded what was approved."""
    for outcome in this.accepted:
        if outcome.released or outcome.candidate_digest is None:
            continue
        with loop.screen.step(this.n, "new config live in the running agent", 1) as tick:
            await loop.intake.live(outcome.candidate_digest)
            tick()
        outcome.released = True
        loop.save()


def decisions_right(runs: Sequence[tuple[str, str]]) -> Rate:
    """Pairs of what was decided and what was wanted."""
    return Rate(correct=sum(came == wanted for came, wanted in runs), n=len(runs))
