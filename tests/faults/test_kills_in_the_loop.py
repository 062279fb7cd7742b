"""kill -9 of the services that decide: each word counts once, each config is released once."""

import asyncio
import random
import uuid
from collections import Counter

import pytest

from libs.contracts.splits import group_of, split_of
from pawl.cluster.held import Cluster
from tests.faults.people import BAD_VENDOR, People
from tests.faults.promises import settled, until

AGENTS = 8
RUNS = 60
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


def agent_name() -> str:
    return f"buyer-{uuid.uuid4().hex[:8]}"


async def released_and_moved(people: People, agent: str) -> tuple[int, list[int]]:
    """How many releases an agent has, and how often each of its channels moved."""
    releases = await people.read("runtime_config", "/api/v1/releases", agent=agent)
    path = f"/api/v1/agents/{agent}/channels"
    names = [one["channel"] for one in (await people.read("runtime_config", path))["items"]]
    moves = [await people.read("runtime_config", f"{path}/{name}/moves") for name in names]
    return len(releases["items"]), [len(one["items"]) for one in moves]


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


async def miscounted(people: People, agent: str) -> str:
    """Empty when every word is one example, and the bad vendor's runs are one cluster."""
    splits = {
        trace_id: split_of(agent, group_of(document, ("id",)))
        for trace_id, document in people.runs.items()
    }
    bad = {
        trace_id
        for trace_id, document in people.runs.items()
        if splits[trace_id] == "mine" and document["vendor"] == BAD_VENDOR
    }
    found = await people.read("experiments", "/api/v1/examples/counts", agent=agent)
    counted = {one["split"]: one["n"] for one in found["splits"]}
    if found["pending"] or counted != Counter(splits.values()):
        return f"examples: {found}"
    clusters = await people.read("clustering", "/api/v1/clusters", agent=agent, status="open")
    sizes = [one["size"] for one in clusters["items"]]
    members = [set(one["members"]) for one in clusters["items"]]
    whole = bad in members and max(sizes) == len(bad)
    return "" if whole else f"clusters of {sizes}, wanted one of {len(bad)}"
