"""kill -9 of the services that decide: each word counts once, each config is released once."""

import asyncio
import random
import uuid

import pytest

from pawl.cluster.held import Cluster
from tests.faults.buyer import buy, buyer
from tests.faults.loop_promises import miscounted, released_and_moved, unproven
from tests.faults.people import BAD_VENDOR, People, agent_name
from tests.faults.promises import settled, until

AGENTS = 8
RUNS = 60
RUNS_TO_LEARN_FROM = 110
SETTLE_SECONDS_MAX = 60.0
pytestmark = pytest.mark.timeout(300, func_only=True)


async def kill_and_start(cluster: Cluster, victims: list[str], chance: random.Random) -> None:
    """One after the other, each at a moment that the seed chooses."""
    for victim in victims:
        await asyncio.sleep(chance.uniform(0.1, 1.0))
        cluster[victim].kill()
        await asyncio.sleep(chance.uniform(0, 0.5))
        cluster[victim].start()
        await asyncio.to_thread(cluster[victim].until_ready)


async def test_each_config_is_released_once_however_the_gate_and_the_registry_die(
    cluster: Cluster, project: str, seed: int
) -> None:
    chance = random.Random(f"{seed} configs")
    agents = [agent_name() for _ in range(AGENTS)]
    victims = ["review_gate", "runtime_config"]
    async with People(cluster, seed, project) as people:
        dying = asyncio.create_task(kill_and_start(cluster, victims, chance))
        for agent in agents:
            await people.import_config(agent)
            await asyncio.sleep(chance.uniform(0, 0.6))
        await dying

        async def wrong() -> str:
            for agent in agents:
                done = await released_and_moved(people, agent)
                if done != (1, [1]):
                    return f"{agent}: releases, and moves by channel: {done}"
            return ""

        await until(wrong, SETTLE_SECONDS_MAX)
        await people.run(agents[0], 3)
        await settled(cluster, project, people.sent)
        assert await wrong() == ""


async def test_each_word_counts_once_however_clustering_and_experiments_die(
    cluster: Cluster, project: str, seed: int
) -> None:
    chance, agent = random.Random(f"{seed} words"), agent_name()
    victims = ["experiments", "clustering", "traces"]
    async with People(cluster, seed, project) as people:
        await people.import_config(agent)
        await people.run(agent, RUNS)
        dying = asyncio.create_task(kill_and_start(cluster, victims, chance))
        for trace_id in people.runs:
            await people.say(agent, trace_id)
            if chance.random() < 0.2:
                await people.say(agent, trace_id)  # a client that had no answer says it again
        await dying

        async def wrong() -> str:
            return await miscounted(people, agent)

        await until(wrong, SETTLE_SECONDS_MAX)
        await settled(cluster, project, people.sent)
        assert await wrong() == ""


async def test_one_change_is_proven_and_released_once_however_the_loop_dies(
    cluster: Cluster, project: str, seed: int
) -> None:
    chance, agent, run_id = random.Random(f"{seed} loop"), agent_name(), uuid.uuid4().hex
    victims = ["miner", "experiments", "miner", "review_gate", "runtime_config"]
    async with People(cluster, seed, project) as people:
        await people.import_config(agent)
        await people.run(agent, RUNS_TO_LEARN_FROM)
        for trace_id in people.runs:
            await people.say(agent, trace_id)
        await until(lambda: miscounted(people, agent), SETTLE_SECONDS_MAX)
        assert await released_and_moved(people, agent) == (1, [1])
        with buyer(cluster, agent) as config:
            await people.mine(agent, run_id)
            dying = asyncio.create_task(kill_and_start(cluster, victims, chance))
            await people.mine(agent, run_id)  # a client that had no answer says it again

            async def wrong() -> str:
                await people.approve_what_is_open(agent)
                if undone := await unproven(people, agent, run_id):
                    return undone
                served = config.snapshot.generation
                return "" if served == 2 else f"the agent runs generation {served}"

            await until(wrong, 2 * SETTLE_SECONDS_MAX)
            await dying
            await settled(cluster, project, people.sent)
            assert await wrong() == ""
            answers = [buy(config.snapshot, document) for document in people.runs.values()]
    vendors = {
        document["vendor"]
        for document, answer in zip(people.runs.values(), answers, strict=True)
        if answer["decision"] == "reject"
    }
    assert vendors == {BAD_VENDOR}, "the agent does not run what was released"
