"""A service that is away is waited for; an agent's long experiment holds up no other agent."""

import asyncio
from pathlib import Path

import pytest

from services.experiments.adapters.queue_sql import QueueStore
from tests.services.experiments.bench import gathering, open_bench
from tests.services.experiments.test_one_worker import Hold
from tests.services.experiments.test_survival import frozen
from tests.services.experiments.victim import EDITS, FRESH, REQUESTS
from tests.services.experiments.world import AGENT, World, proposal

OTHER = "other"


@pytest.fixture(autouse=True)
def few_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAWL_EXPERIMENTS_ATTEMPTS_MAX", "3")
    monkeypatch.setattr("services.experiments.handlers.worker.AWAY_SECONDS", 0.05)


async def test_an_outage_is_waited_for_however_often_it_takes(tmp_path: Path) -> None:
    world = World()
    world.gate_fails_with = 503
    async with open_bench(tmp_path, world) as bench:

        async def asked_often() -> bool:
            return world.gate_asked > 8

        await bench.announce()
        await bench.learn(REQUESTS)
        drafted = proposal(world, EDITS, author="claude")
        await bench.publish(drafted)
        await bench.until(asked_often)
        [waiting] = await bench.experiments()
        assert waiting.result is None
        assert "503 no gate here" in waiting.note
        world.gate_fails_with = None
        assert (await frozen(bench)).proposal_id == drafted.proposal_id


async def test_another_failure_is_tried_a_few_times(tmp_path: Path) -> None:
    world = World()
    world.gate_fails_with = 500
    async with open_bench(tmp_path, world) as bench:
        await bench.announce()
        await bench.learn(REQUESTS)
        drafted = proposal(world, EDITS, author="claude")
        await bench.publish(drafted)
        result = await bench.verdict(drafted.proposal_id)
        assert result.verdict == "inconclusive"
        assert "could not be run in 3 attempts" in result.reasons[0]
        assert world.gate_asked == 3


async def test_one_agents_long_experiment_holds_up_no_other_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others' experiments begin and end beside it, and it outlives a queue that cannot be read."""
    world = World()
    async with open_bench(tmp_path, world) as bench:
        hold = Hold(world)
        await bench.announce()
        await bench.learn(REQUESTS)
        long = proposal(world, EDITS, author="claude")
        await bench.publish(long)
        await bench.until(hold.reached)
        for run in ("run-7", "run-8"):
            other = long.model_copy(update={"agent": OTHER, "mining_run_id": run})

            async def ended(run: str = run) -> bool:
                found = await bench.get("experiments", agent=OTHER, mining_run_id=run)
                return [one["state"] for one in found["items"]] == ["finished"]

            await bench.publish(other)
            await bench.until(ended)
        [view] = await bench.experiments()
        assert (view.agent, view.state) == (AGENT, "running")

        fails = 0
        real = QueueStore.waiting

        async def waiting(self: QueueStore) -> int:
            nonlocal fails
            fails += 1
            if fails <= 5:
                raise OSError("the database is away")
            return await real(self)

        async def failed() -> bool:
            return fails > 5

        monkeypatch.setattr(QueueStore, "waiting", waiting)
        await bench.until(failed)
        hold.go.set()
        assert (await frozen(bench)).proposal_id == long.proposal_id
        assert len(world.replays) == len(set(world.replays)), "it ran once"


async def test_what_fails_while_evidence_is_gathered_is_tried_in_its_own_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A review that waits to be judged is no reason to ask a broken service all the time."""
    monkeypatch.setenv("PAWL_EXPERIMENTS_ATTEMPTS_MAX", "30")
    monkeypatch.setattr("services.experiments.handlers.worker.AWAY_SECONDS", 0.6)
    world = World()
    async with open_bench(tmp_path, world) as bench:
        await bench.announce()
        await bench.learn(REQUESTS)
        view = await gathering(bench, EDITS)
        asked, world.gate_fails_with = world.gate_asked, 503

        async def noted() -> bool:
            return "503" in (await bench.experiments())[0].note

        await bench.learn(FRESH)
        await bench.until(noted)
        await asyncio.sleep(1.0)
        assert world.gate_asked - asked <= 4
        world.gate_fails_with = None
        assert (await bench.verdict(view.proposal_id)).verdict == "accept"
