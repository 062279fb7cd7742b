"""kill -9 of each service in the middle of its work."""

import asyncio
import random

import pytest

from pawl.cluster.held import Cluster
from tests.faults.load import Load
from tests.faults.promises import settled
from tests.faults.strikes import killer, revive

pytestmark = pytest.mark.timeout(300, func_only=True)


@pytest.mark.parametrize("victim", ["traces", "evaluators"])
async def test_a_killed_service_loses_and_doubles_nothing(
    cluster: Cluster, project: str, seed: int, victim: str
) -> None:
    chance = random.Random(f"{seed} {victim}")
    with Load(cluster.otlp_url, seed, project) as load:
        await asyncio.to_thread(load.until, 4)
        await asyncio.sleep(chance.uniform(0, 1.5))
        async with killer(cluster, chance) as one:
            await one.strike(victim)
        await asyncio.to_thread(load.until, 4)
    await settled(cluster, project, load.sent)


async def test_a_killed_door_loses_and_doubles_nothing(
    cluster: Cluster, project: str, seed: int
) -> None:
    chance = random.Random(f"{seed} ingest")
    with Load(cluster.otlp_url, seed, project) as load:
        await asyncio.to_thread(load.until, 4)
        await asyncio.sleep(chance.uniform(0, 1.5))
        cluster["ingest"].kill()
        await asyncio.sleep(chance.uniform(0, 1.0))
        await revive(cluster["ingest"])
        await asyncio.to_thread(load.until, 4)
    assert load.sent.refusals, "nobody stood at the door when it was killed"
    await settled(cluster, project, load.sent)
