"""Two replicas of the registry on one PostgreSQL: one truth, and every stream hears of it."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pawl_sdk.config import ConfigClient

from deploy.local import LocalPostgres
from libs.testkit.review_gate import agent_files

CHANNEL = "/api/v1/agents/buyer/channels/production"
WHO = {"moved_by": "ada", "reason": "because"}


@pytest.fixture
async def replicas(start_registry: Any, postgres: LocalPostgres) -> tuple[Any, Any]:
    """One import and one release in a database of its own: the channel is at generation 2."""
    name = f"registry_{uuid.uuid4().hex[:8]}"
    connection = await asyncpg.connect(postgres.url.replace("+asyncpg", ""))
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    url = f"{postgres.url.rpartition('/')[0]}/{name}"
    one = await start_registry(database_url=url, watch_seconds=0.1)
    two = await start_registry(database_url=url)
    await one.publish(one.gate.import_files(agent_files(1)))
    await one.settled()
    await one.release("prop-1", 2)
    return one, two


async def test_concurrent_moves_over_two_replicas_have_one_winner(
    replicas: tuple[Any, Any],
) -> None:
    history = await replicas[0].get(f"{CHANNEL}/moves")
    first = history["items"][-1]["digest"]

    async def move(number: int) -> int:
        body = {"digest": first, **WHO, "reason": f"try {number}"}
        registry = replicas[number % 2]
        response = await registry.http.put(CHANNEL, json=body, headers={"If-Match": "2"})
        return int(response.status_code)

    codes = await asyncio.gather(*map(move, range(12)))
    assert sorted(codes) == [200] + [412] * 11
    pointers = [await replica.pointer() for replica in replicas]
    assert [p["generation"] for p in pointers] == [3, 3]


async def test_an_agent_on_one_replica_hears_of_a_move_on_the_other(
    replicas: tuple[Any, Any], tmp_path: Path
) -> None:
    one, two = replicas
    config = ConfigClient(
        agent="buyer", url=one.url, state_dir=tmp_path / "agent", silence_seconds=60.0
    )
    async with config:
        assert config.snapshot.generation == 2
        moved = await two.http.post(f"{CHANNEL}/rollback", json=WHO)
        async with asyncio.timeout(5):
            while config.snapshot.generation != moved.json()["generation"]:
                await asyncio.sleep(0.02)


async def test_one_rollback_request_on_each_replica_moves_one_step_each(
    replicas: tuple[Any, Any],
) -> None:
    responses = await asyncio.gather(
        *(replica.http.post(f"{CHANNEL}/rollback", json=WHO) for replica in replicas)
    )
    won = [r for r in responses if r.status_code == 200]
    generation = (await replicas[0].pointer())["generation"]
    assert generation == 2 + len(won)
    assert all(r.status_code in (200, 412) for r in responses)
