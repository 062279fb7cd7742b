"""One round: run all requests, review them, measure, mine, decide, take in the new config."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from examples.procurement.data import Case
from examples.procurement.demo.agent_api import AgentApi, Ran
from examples.procurement.demo.errors import DemoError
from examples.procurement.demo.figures import Rate
from examples.procurement.demo.intake import Intake
from examples.procurement.demo.lanes import lanes_of
from examples.procurement.demo.mining import Mining
from examples.procurement.demo.platform_api import PlatformApi
from examples.procurement.demo.reviewing import feedback_on
from examples.procurement.demo.screen import Screen
from examples.procurement.demo.state import DemoState, Round, StateFile
from examples.procurement.demo.waiting import wait_for
from libs.contracts.api import ExampleCounts

Runs = dict[str, Ran]


@dataclass
class Loop:
    """What every round works with."""

    case: Case
    case_id: str
    project: str
    api: PlatformApi
    agent: AgentApi
    intake: Intake
    mining: Mining
    screen: Screen
    state: DemoState
    file: StateFile
    saved_at: float = field(default_factory=time.monotonic)

    def save(self) -> None:
        """With the seconds spent since the last time: those of a run that is killed count too."""
        now = time.monotonic()
        self.state.seconds += now - self.saved_at
        self.saved_at = now
        self.file.save(self.state)


async def play_round(loop: Loop, n: int, *, mine: bool) -> None:
    """Go on with round `n` where it stopped; every step may be done twice without harm."""
    this = await _open(loop, n)
    if not this.splits:
        runs = await _run(loop, this)
        await _review(loop, this, runs)
        this.splits = await _measure(loop, this)
        loop.save()
    loop.screen.measured(this)
    if mine and not this.mined:
        name = f"{loop.case_id}-cycle-{n + 1}"
        this.outcomes, this.note = await loop.mining.mine(name, n + 1)
        this.mined = True
        loop.save()
        loop.screen.decided(n + 1, this)
    if mine and not this.moved:
        await _take_in(loop, this)
        this.moved = True
        loop.save()


def run_name(loop: Loop, n: int) -> str:
    return f"{loop.case_id}/{n}"


async def _open(loop: Loop, n: int) -> Round:
    rounds = loop.state.rounds
    if n < len(rounds):
        return rounds[n]
    pointer = await wait_for("a released config", loop.api.channel)
    rounds.append(Round(n=n, digest=pointer.digest, generation=pointer.generation))
    loop.save()
    return rounds[n]


async def _run(loop: Loop, this: Round) -> Runs:
    """Run again from the first request after a crash: the same runs have the same trace ids."""
    requests = loop.case.requests
    this.attempts += 1
    loop.save()
    period = f"{run_name(loop, this.n)}#{this.attempts}"
    with loop.screen.step(this.n, "requests answered", len(requests)) as tick:
        lanes = lanes_of(requests, period)
        runs = await loop.agent.run_all(lanes, run_name(loop, this.n), tick)
    strays = {ran.digest for ran in runs.values()} - {this.digest}
    if strays:
        raise DemoError(f"expected every run under {this.digest}, came {strays}")
    with loop.screen.step(this.n, "traces found again", len(requests)) as tick:
        await loop.intake.stored({ran.trace_id for ran in runs.values()}, this.digest, tick)
    return runs


async def _review(loop: Loop, this: Round, runs: Runs) -> None:
    pairs = [(runs[one.id], loop.case.reviews[one.id]) for one in loop.case.requests]
    name = run_name(loop, this.n)
    posted = feedback_on(loop.project, loop.mining.agent, name, pairs)
    with loop.screen.step(this.n, "reviews posted", len(posted)) as tick:
        await loop.api.post_feedback(posted)
        for _ in posted:
            tick()
    with loop.screen.step(this.n, "reviews taken in", len(posted)) as tick:
        await loop.intake.taken_in(posted, this.digest, tick)


async def _measure(loop: Loop, this: Round) -> dict[str, Rate]:
    counts: ExampleCounts = await loop.api.counts(this.digest)
    return {
        one.split: Rate(correct=one.correct, n=one.n)
        for one in counts.splits
        if one.correct is not None  # hidden from keys that may not review
    }


async def _take_in(loop: Loop, this: Round) -> None:
    """Wait until the running agent has loaded what was approved."""
    approved = [one for one in this.outcomes if one.state == "approved"]
    if not approved:
        return
    wanted = {one.candidate_digest for one in approved}
    with loop.screen.step(this.n, "new config live in the running agent", 1) as tick:
        await loop.intake.live(wanted)
        tick()


def decisions_right(runs: Sequence[tuple[str, str]]) -> Rate:
    """Pairs of what was decided and what was wanted."""
    return Rate(correct=sum(came == wanted for came, wanted in runs), n=len(runs))
