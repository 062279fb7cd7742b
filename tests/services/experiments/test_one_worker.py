"""An experiment is run by one worker at a time, and what it ended with stays."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import pytest

from libs.acceptance.lifetime import LifetimeTerms
from libs.contracts.events import ExperimentFinished, ProposalDrafted
from libs.runtime.errors import UnavailableError
from libs.storage import Database
from libs.storage.engine import create_engine
from services.experiments.adapters.leases_sql import Leases
from services.experiments.adapters.queue_sql import AlreadyFinished, QueueStore
from services.experiments.adapters.tests_sql import OpenTest, TestLedger
from services.experiments.domain.report import experiment_id_of
from tests.services.experiments.bench import Bench, open_bench
from tests.services.experiments.test_survival import frozen
from tests.services.experiments.victim import EDITS, FRESH, GATHERING, REQUESTS, begin
from tests.services.experiments.world import AGENT, World, proposal

OTHER = "other"
Take = Callable[[Leases, str, datetime], Awaitable[bool]]


class Hold:
    """Keeps every replay waiting until it is let go."""

    def __init__(self, world: World) -> None:
        self.asked: list[str] = []
        self.go = asyncio.Event()
        world.before_replay = self._wait

    async def _wait(self, digest: str) -> None:
        self.asked.append(digest)
        await self.go.wait()

    async def reached(self) -> bool:
        return bool(self.asked)


def on_take(monkeypatch: pytest.MonkeyPatch, before: Callable[[str], Awaitable[None]]) -> None:
    """Called with the agent before each look at a lease; it may raise, or hang."""
    real: Take = Leases.take

    async def take(self: Leases, agent: str, now: datetime) -> bool:
        await before(agent)
        return await real(self, agent, now)

    monkeypatch.setattr(Leases, "take", take)


async def begin_two(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, of_other: Callable[[], Awaitable[None]]
) -> tuple[Hold, ProposalDrafted]:
    """Two agents' experiments in one turn: one runs to its replays, for the other this happens."""
    queued = False

    async def before(agent: str) -> None:
        if not queued:
            raise UnavailableError("not before both are queued")
        if agent == OTHER:
            await of_other()

    async def both() -> bool:
        found = (await bench.get("experiments", agent=OTHER))["items"]
        return bool(found and await bench.experiments())

    on_take(monkeypatch, before)
    hold = Hold(bench.world)
    await bench.announce()
    await bench.learn(REQUESTS)
    drafted = proposal(bench.world, EDITS, author="claude")
    other = drafted.model_copy(update={"agent": OTHER, "mining_run_id": "run-9"})
    await bench.publish(drafted, other)
    await bench.until(both)
    await asyncio.sleep(0.1)  # a turn that saw one of them only is over
    queued = True
    await bench.until(hold.reached)
    return hold, drafted


async def test_an_error_of_one_agents_run_starts_no_other_run_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails() -> None:
        raise UnavailableError("the database hiccups")

    hold, drafted = await begin_two(bench, monkeypatch, fails)
    await asyncio.sleep(0.5)  # many turns of the timer
    assert len(hold.asked) == 2, "replays in parallel, of one run of the experiment"
    hold.go.set()
    await frozen(bench)
    await bench.learn(FRESH)
    result = await bench.verdict(drafted.proposal_id)
    assert result.verdict == "accept"
    assert len(bench.world.replays) == len(set(bench.world.replays))
    assert await bench.published(ExperimentFinished, 1) == [result]


async def test_a_worker_that_comes_too_late_changes_neither_outcome_nor_verdict(
    tmp_path: Path, either_database: str
) -> None:
    world = World()
    async with open_bench(tmp_path, world) as bench:
        gate, drafted = await begin(bench, GATHERING)
        await asyncio.wait_for(gate.reached.wait(), 20)
        engine = create_engine(bench.app.deps.settings, "experiments")
        database = Database(bench.app, engine)
        queue = QueueStore(database)
        late = await queue.start(experiment_id_of(drafted), bench.app.clock.now())
        assert late is not None
        assert late.frozen is not None
        test = await TestLedger(database, LifetimeTerms()).of_experiment(late.experiment_id)
        assert test is not None
        await bench.kill()
        await engine.dispose()

    world.before_replay = None
    async with open_bench(tmp_path, world) as bench:
        result = await bench.verdict(drafted.proposal_id)
        ledger, [view] = await bench.ledger(), await bench.experiments()
        assert (result.verdict, ledger.entries[0].outcome) == ("accept", "promoted")
        database = Database(bench.app, create_engine(bench.app.deps.settings, "experiments"))
        queue, now = QueueStore(database), bench.app.clock.now
        store = TestLedger(database, LifetimeTerms())
        assert not await outcome_and_progress(database, store, test, now())
        await queue.postpone(late.experiment_id, "too\0late", now(), counted=True)
        assert await queue.start(late.experiment_id, now()) is None
        with pytest.raises(AlreadyFinished):
            async with database.transaction() as tx:
                await queue.freeze(tx, late.experiment_id, late.frozen)
        assert await bench.ledger() == ledger
        assert await bench.experiments() == [view]
        assert await bench.published(ExperimentFinished, 1) == [result]
        await database.close()


async def outcome_and_progress(
    database: Database, ledger: TestLedger, test: OpenTest, now: datetime
) -> bool:
    """Whether a worker that still holds this open test can change anything of it."""
    assert test.evidence is None
    async with database.transaction() as tx:
        return await ledger.close(tx, test, "refused", None, now)


@pytest.mark.parametrize("outage_seconds", [0.8, 60.0])
async def test_a_lease_outlives_an_outage_that_is_shorter_and_ends_the_work_in_a_longer_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outage_seconds: float
) -> None:
    monkeypatch.setenv("PAWL_EXPERIMENTS_LEASE_SECONDS", "1.5")
    ends_at: list[float] = []

    async def before(agent: str) -> None:
        if ends_at and asyncio.get_running_loop().time() < ends_at[0]:
            raise UnavailableError("the database is away")

    on_take(monkeypatch, before)
    world = World()
    async with open_bench(tmp_path, world) as bench:
        await bench.announce()
        await bench.learn(REQUESTS)
        hold = Hold(world)
        drafted = proposal(world, EDITS, author="claude")
        await bench.publish(drafted)
        await bench.until(hold.reached)
        ends_at.append(asyncio.get_running_loop().time() + outage_seconds)
        await asyncio.sleep(2.5)
        running = [one for one in asyncio.all_tasks() if "Worker._each" in repr(one.get_coro())]
        assert len(running) == (1 if outage_seconds < 1.5 else 0)
        assert len(hold.asked) == 2
        ends_at.clear()
        hold.go.set()
        assert (await frozen(bench)).proposal_id == drafted.proposal_id


async def test_a_renewal_that_hangs_past_the_lease_ends_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that does not answer can say nothing of who has the lease by now."""
    monkeypatch.setenv("PAWL_EXPERIMENTS_LEASE_SECONDS", "1.5")
    world, hangs = World(), asyncio.Event()
    hangs.set()

    async def before(agent: str) -> None:
        await hangs.wait()

    on_take(monkeypatch, before)
    async with open_bench(tmp_path, world) as bench:
        await bench.announce()
        await bench.learn(REQUESTS)
        hold = Hold(world)
        await bench.publish(proposal(world, EDITS, author="claude"))
        await bench.until(hold.reached)
        hangs.clear()
        await asyncio.sleep(2.5)
        assert not [one for one in asyncio.all_tasks() if "Worker._each" in repr(one.get_coro())]
        hangs.set()


async def test_a_service_that_stops_leaves_no_run_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released: list[str] = []
    real = Leases.release

    async def release(self: Leases, agent: str) -> None:
        await asyncio.sleep(0.2)
        await real(self, agent)
        released.append(agent)

    async def hangs() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Leases, "release", release)
    async with open_bench(tmp_path, World()) as bench:
        await begin_two(bench, monkeypatch, hangs)
    assert released == [AGENT]
    left = [repr(one.get_coro()) for one in asyncio.all_tasks()]
    assert not [one for one in left if "Worker" in one]
