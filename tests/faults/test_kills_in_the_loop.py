"""kill -9 of the services that decide: each word counts once, each config is released once."""

import asyncio
import random
import uuid

import pytest

from libs.contracts.topics import EXPERIMENT_FINISHED, PROPOSAL_DRAFTED
from pawl.cluster.held import Cluster
from tests.faults.buyer import buy, buyer
from tests.faults.loop_promises import miscounted, promotions, released_and_moved, unproven
from tests.faults.people import BAD_VENDOR, People, agent_name
from tests.faults.promises import settled, until
from tests.faults.published import releases_told
from tests.faults.rewinding import LISTENING, deliver_again
from tests.faults.strikes import LOOK_SECONDS, Killer, killer

RUNS = 60
RUNS_MORE = 5
RUNS_TO_LEARN_FROM = 110
SETTLE_SECONDS_MAX = 60.0
pytestmark = pytest.mark.timeout(300, func_only=True)


async def strike_all(cluster: Cluster, people: People, victims: list[str], seed: str) -> None:
    """One after the other, each at work."""
    async with killer(cluster, random.Random(seed), people) as one:
        for victim in victims:
            await one.strike(victim)


async def test_each_config_is_released_once_however_the_gate_and_the_registry_die(
    cluster: Cluster, project: str, seed: int
) -> None:
    chance, agents = random.Random(f"{seed} configs"), []
    victims = ["review_gate", "runtime_config"]
    async with People(cluster, seed, project) as people:
        dying = asyncio.create_task(strike_all(cluster, people, victims, f"{seed} configs"))
        while not dying.done():
            agents.append(agent_name())
            await people.import_config(agents[-1])
            await asyncio.sleep(chance.uniform(0, 0.6))
        await dying

        async def wrong() -> str:
            for agent in agents:
                done = await released_and_moved(people, agent)
                if done != (1, [1]):
                    return f"{agent}: releases, and moves by channel: {done}"
            return ""

        await until(wrong, SETTLE_SECONDS_MAX)
        await asyncio.sleep(1.0)
        assert await wrong() == ""
        for agent in agents:
            assert await releases_told(cluster.bootstrap, agent, people.sent.since) == 1


async def test_each_word_counts_once_however_clustering_and_datasets_die(
    cluster: Cluster, project: str, seed: int
) -> None:
    chance, agent = random.Random(f"{seed} words"), agent_name()
    victims = ["datasets", "clustering", "traces"]
    async with People(cluster, seed, project) as people:

        async def speak(trace_ids: list[str]) -> None:
            for trace_id in trace_ids:
                await people.say(agent, trace_id)
                if chance.random() < 0.2:
                    await people.say(agent, trace_id)  # who had no answer says it again

        await people.import_config(agent)
        await people.run(agent, RUNS)
        dying = asyncio.create_task(strike_all(cluster, people, victims, f"{seed} words"))
        await speak(list(people.runs))
        while not dying.done():
            known = len(people.runs)
            await people.run(agent, RUNS_MORE, known)
            await speak(list(people.runs)[known:])
        await dying

        async def wrong() -> str:
            return await miscounted(people, agent)

        await until(wrong, SETTLE_SECONDS_MAX)
        await settled(cluster, project, people.sent)
        assert await wrong() == ""


async def strike_the_loop(one: Killer, people: People, agent: str, run_id: str) -> None:
    """Each step of the loop is met by a kill: drafting, testing, hearing, deciding, releasing.

    One may be too quick for its kill; were all of them, this test would be at fault.
    """
    hits = []

    async def drafted_less_finished() -> int:
        drafted = await one.backlog.ends(PROPOSAL_DRAFTED.name)
        finished = await one.backlog.ends(EXPERIMENT_FINISHED.name)
        return sum(drafted.values()) - sum(finished.values())

    before = await drafted_less_finished()

    async def testing() -> bool:
        return await drafted_less_finished() > before

    one.freeze("miner")
    mining = asyncio.create_task(people.mine(agent, run_id))
    hits.append(await one.strike_once("miner"))
    await mining
    await people.mine(agent, run_id)  # a client that had no answer says it again
    while not await testing():
        await asyncio.sleep(LOOK_SECONDS)
    one.freeze("miner")  # the verdict is to find it in time
    hits.append(await one.strike_while("experiments", testing))
    hits.append(await one.strike_once("miner"))
    while not (found := await people.what_is_open(agent)):
        await asyncio.sleep(0.1)
    for name in ("review_gate", "runtime_config"):
        one.freeze(name)
    approving = asyncio.create_task(people.approve(found[0]))
    hits.append(await one.strike_once("review_gate"))
    await approving
    hits.append(await one.strike_once("runtime_config"))
    assert any(hits), "no kill met anybody at work"


async def test_one_change_is_proven_and_released_once_however_the_loop_dies(
    cluster: Cluster, project: str, seed: int
) -> None:
    chance, agent, run_id = random.Random(f"{seed} loop"), agent_name(), uuid.uuid4().hex
    async with People(cluster, seed, project) as people:
        await people.import_config(agent)
        await people.run(agent, RUNS_TO_LEARN_FROM)
        for trace_id in people.runs:
            await people.say(agent, trace_id)
        await until(lambda: miscounted(people, agent), SETTLE_SECONDS_MAX)
        assert await released_and_moved(people, agent) == (1, [1])
        with buyer(cluster, agent) as config:
            async with killer(cluster, chance, people) as one:
                await strike_the_loop(one, people, agent, run_id)

            async def wrong() -> str:
                await people.approve_what_is_open(agent)
                if undone := await unproven(people, agent, run_id):
                    return undone
                served = config.snapshot.generation
                return "" if served == 2 else f"the agent runs generation {served}"

            await until(wrong, 2 * SETTLE_SECONDS_MAX)
            promoted = await promotions(people, agent)
            again = await deliver_again(cluster, people.sent.since)
            assert all(again[name] for name in LISTENING), f"nothing came again: {again}"
            await until(wrong, SETTLE_SECONDS_MAX)
            await settled(cluster, project, people.sent)
            assert await wrong() + await miscounted(people, agent) == ""
            assert await promotions(people, agent) == promoted
            assert await releases_told(cluster.bootstrap, agent, people.sent.since) == 2
            answers = [buy(config.snapshot, document) for document in people.runs.values()]
    vendors = {
        document["vendor"]
        for document, answer in zip(people.runs.values(), answers, strict=True)
        if answer["decision"] == "reject"
    }
    assert vendors == {BAD_VENDOR}, "the agent does not run what was released"
