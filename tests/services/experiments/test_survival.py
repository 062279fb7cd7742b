"""Killed at any point and started again: nothing is lost, no alpha is spent twice."""

import asyncio
import sys
from pathlib import Path

import pytest

from libs.contracts.events import ExperimentFinished
from libs.contracts.splits import group_of, split_of
from tests.services.experiments.bench import Bench, open_bench
from tests.services.experiments.victim import EDITS, REQUESTS, begin
from tests.services.experiments.world import AGENT, World, feedback, proposal, request

ROOT = Path(__file__).resolve().parents[3]


async def undisturbed(home: Path) -> ExperimentFinished:
    async with open_bench(home, World()) as bench:
        await bench.announce()
        await bench.learn(REQUESTS)
        drafted = proposal(bench.world, EDITS)
        await bench.publish(drafted)
        return await bench.verdict(drafted.proposal_id)


def figures(result: ExperimentFinished) -> dict:
    return result.model_dump(mode="json", exclude={"finished_at"})


@pytest.mark.parametrize("at", [1, 6, 14, 27])
async def test_killed_in_the_middle_it_ends_as_if_it_had_not_been(tmp_path: Path, at: int) -> None:
    """Points: the baseline, the candidate, the minimal diff, the sealed replays."""
    expected = await undisturbed(tmp_path / "calm")
    world, home = World(), tmp_path / "killed"
    bench = Bench(home, world)
    await bench.start()
    gate, drafted = await begin(bench, at)
    reached = asyncio.create_task(gate.reached.wait())
    await asyncio.wait([reached], timeout=20)
    assert reached.done(), f"replay request {at} never came"
    opened = len((await bench.ledger()).entries)
    await bench.kill()

    world.before_replay = None
    async with open_bench(home, world) as again:
        result = await again.verdict(drafted.proposal_id)
        assert figures(result) == figures(expected)
        entries = (await again.ledger()).entries
        assert len(entries) == 1
        assert opened == (1 if at == 27 else 0)
        assert entries[0].outcome == "accepted"
        assert entries[0].level == pytest.approx(0.04)
        assert await again.published(ExperimentFinished, 1) == [result]


@pytest.mark.parametrize("at", [14, 27])
async def test_kill_minus_9_loses_nothing_and_spends_no_level_twice(
    tmp_path: Path, at: int
) -> None:
    """Another process, killed for real: in the minimal diff, and in the sealed replays."""
    expected = await undisturbed(tmp_path / "calm")
    home, world = tmp_path / "killed", World()
    home.mkdir()
    command = (sys.executable, "-m", "tests.services.experiments.victim", str(home), str(at))
    victim = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert victim.stdout is not None
    async with asyncio.timeout(60):
        while await victim.stdout.readline() != b"REACHED\n":
            assert not victim.stdout.at_eof(), "it ended before it could be killed"
    victim.kill()
    await victim.wait()
    for number in REQUESTS:
        world.run_agent(request(number), f"{number + 1:032x}")
    async with open_bench(home, world) as again:
        result = await again.verdict(proposal(world, EDITS).proposal_id)
        assert figures(result) == figures(expected)
        assert [entry.level for entry in (await again.ledger()).entries] == [pytest.approx(0.04)]
        assert await again.published(ExperimentFinished, 1) == [result]


async def test_new_labels_during_the_sealed_test_do_not_change_what_was_paid_for(
    tmp_path: Path,
) -> None:
    """The plan freezes the cases: a label that comes while the process is down waits its turn."""
    expected = await undisturbed(tmp_path / "calm")
    world, home = World(), tmp_path / "killed"
    bench = Bench(home, world)
    await bench.start()
    gate, drafted = await begin(bench, 27)
    await asyncio.wait_for(gate.reached.wait(), 20)
    await bench.kill()
    world.before_replay = None

    again = Bench(home, world)
    world.replay_down = True  # the acceptor is back before the agent is
    await again.start()
    sealed = [n for n in range(500) if split_of(AGENT, group_of(request(n), ["id"])) == "sealed"]
    for number in sealed[60:80]:
        world.run_agent(request(number), f"{number + 9000:032x}")
        await again.publish(feedback(request(number), f"{number + 9000:032x}"))
    world.replay_down = False
    result = await again.verdict(drafted.proposal_id)
    assert figures(result) == figures(expected)
    await again.stop()


async def test_an_agent_that_is_away_makes_it_inconclusive_and_voids_the_sealed_test(
    tmp_path: Path,
) -> None:
    world = World()
    async with open_bench(tmp_path, world) as bench:
        gate, first = await begin(bench, 27)
        await asyncio.wait_for(gate.reached.wait(), 20)
        await bench.kill()
    world.before_replay, world.replay_down = None, True
    async with open_bench(tmp_path, world) as bench:
        result = await bench.verdict(first.proposal_id)
        assert result.verdict == "inconclusive"
        assert "void" in result.reasons[0]
        ledger = await bench.ledger()
        assert [entry.outcome for entry in ledger.entries] == ["void"]
        assert (ledger.spent, ledger.level_next) == (0.0, pytest.approx(0.04))
        world.replay_down = False
        second = proposal(world, EDITS, run="run-2")
        await bench.publish(second)
        assert (await bench.verdict(second.proposal_id, "run-2")).verdict == "accept"
        assert [e.outcome for e in (await bench.ledger()).entries] == ["void", "accepted"]


async def test_without_any_instance_the_verdict_is_inconclusive(bench: Bench) -> None:
    await bench.learn(REQUESTS)
    drafted = proposal(bench.world, EDITS)
    await bench.publish(drafted)
    result = await bench.verdict(drafted.proposal_id)
    assert result.verdict == "inconclusive"
    assert "no running instance" in result.reasons[0]


async def test_another_instance_takes_over_when_one_is_gone(bench: Bench) -> None:
    await bench.announce("http://127.0.0.1:1/gone", instance="gone")
    await bench.announce(instance="here")
    await bench.learn(REQUESTS)
    drafted = proposal(bench.world, EDITS)
    await bench.publish(drafted)
    assert (await bench.verdict(drafted.proposal_id)).verdict == "accept"


async def test_feedback_whose_trace_comes_late_survives_a_kill_and_becomes_an_example(
    tmp_path: Path,
) -> None:
    world = World()
    bench = Bench(tmp_path, world)
    await bench.start()
    await bench.publish(feedback(request(3), f"{4:032x}"))
    await bench.handled("feedback-recorded-v1")
    assert (await bench.counts()).pending == 1
    await bench.kill()
    async with open_bench(tmp_path, world) as again:
        assert (await again.counts()).pending == 1
        world.run_agent(request(3), f"{4:032x}")

        async def learnt() -> bool:
            counts = await again.counts()
            return counts.pending == 0 and sum(split.n for split in counts.splits) == 1

        await again.until(learnt)
