"""Killed at any point and started again: nothing is lost, and a level is fixed once."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from libs.contracts.api import ExperimentView
from libs.contracts.events import ExperimentFinished
from tests.services.experiments.bench import Bench, gathering, open_bench, seen
from tests.services.experiments.conftest import LESSONS
from tests.services.experiments.victim import EDITS, FRESH, GATHERING, REQUESTS, begin
from tests.services.experiments.world import SECURITY, World, proposal, request

ROOT = Path(__file__).resolve().parents[3]
LEVEL = pytest.approx(0.05 * 0.72)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of a run that nobody disturbed."""

    async def run() -> dict[str, Any]:
        async with open_bench(tmp_path_factory.mktemp("calm"), World()) as bench:
            await bench.announce()
            await bench.learn(REQUESTS)
            await gathering(bench, EDITS)
            await bench.learn(FRESH)
            return figures(await bench.verdict(proposal(bench.world, EDITS).proposal_id))

    return asyncio.run(run())


def figures(result: ExperimentFinished) -> dict[str, Any]:
    return result.model_dump(mode="json", exclude={"finished_at"})


async def goes_on(bench: Bench, at: int) -> ExperimentFinished:
    """To the end, with the reviews that had not come yet."""
    if at != GATHERING:
        await frozen(bench)
        await bench.learn(FRESH)
    return await bench.verdict(proposal(bench.world, EDITS).proposal_id)


async def frozen(bench: Bench) -> ExperimentView:
    async def waits() -> bool:
        return (await bench.experiments())[0].state == "gathering"

    await bench.until(waits)
    return (await bench.experiments())[0]


@pytest.mark.parametrize("at", [1, 4, 6, GATHERING])
async def test_killed_in_the_middle_it_ends_as_if_it_had_not_been(
    tmp_path: Path, expected: dict[str, Any], at: int
) -> None:
    """Points: the baseline, the whole diff, the minimal one, the reviews after it was frozen."""
    world = World()
    bench = Bench(tmp_path, world)
    await bench.start()
    gate, _ = await begin(bench, at)
    await asyncio.wait_for(gate.reached.wait(), 20)
    opened = [entry.level for entry in (await bench.ledger()).entries]
    assert opened == ([LEVEL] if at == GATHERING else [])
    await bench.kill()
    world.before_replay = None
    async with open_bench(tmp_path, world) as again:
        result = await goes_on(again, at)
        assert figures(result) == expected
        entries = (await again.ledger()).entries
        assert [(entry.level, entry.outcome) for entry in entries] == [(LEVEL, "promoted")]
        assert len(world.replays) == len(set(world.replays)), "what was run is not run again"
        assert await again.published(ExperimentFinished, 1) == [result]


@pytest.mark.parametrize("at", [6, GATHERING])
async def test_kill_minus_9_loses_nothing_and_fixes_no_level_twice(
    tmp_path: Path, expected: dict[str, Any], at: int
) -> None:
    """Another process, killed for real: before the candidate is frozen, and while it gathers."""
    command = (sys.executable, "-m", "tests.services.experiments.victim", str(tmp_path), str(at))
    victim = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert victim.stdout is not None
    async with asyncio.timeout(60):
        while await victim.stdout.readline() != b"REACHED\n":
            assert not victim.stdout.at_eof(), "it ended before it could be killed"
    victim.kill()
    await victim.wait()
    world = World()
    for number in [*REQUESTS, *(FRESH if at == GATHERING else [])]:
        world.review(request(number))
    async with open_bench(tmp_path, world) as again:
        result = await goes_on(again, at)
        assert figures(result) == expected
        assert [entry.level for entry in (await again.ledger()).entries] == [LEVEL]
        assert await again.published(ExperimentFinished, 1) == [result]


async def test_an_agent_that_is_away_while_evidence_is_gathered_is_waited_for(
    ready: Bench,
) -> None:
    """Nothing is lost by waiting: the reviews are there, and are judged when it is back."""
    await gathering(ready, [SECURITY])
    ready.world.replay_down = True
    await ready.learn([number for number in FRESH if number % 4 == 3])

    async def told() -> bool:
        return "replays are missing" in (await ready.experiments())[0].note

    await ready.until(told)
    assert (await ready.experiments())[0].state == "gathering"
    ready.world.replay_down = False
    evidence = (await seen(ready, len(LESSONS) + 4)).evidence
    assert evidence is not None
    assert (evidence.n, evidence.wins) == (4, 4)
    assert (await ready.experiments())[0].note == ""
