"""Two replicas of the registry on one PostgreSQL: one truth, and every stream hears of it."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pawl_sdk.config import ConfigClient
from redis.asyncio import Redis

from deploy.local import LocalPostgres, LocalRedis
from libs.runtime.hints import PREFIX
from libs.testkit.review_gate import agent_files
from services.runtime_config.adapters.hub import MOVED

CHANNEL = "/api/v1/agents/buyer/channels/production"
WHO = {"moved_by": "ada", "reason": "because"}


NEVER_SECONDS = 3600.0


async def two_replicas(start_registry: Any, postgres: LocalPostgres, **how: Any) -> Any:
    """One import and one release in a database of its own: the channel is at generation 2."""
    name = f"registry_{uuid.uuid4().hex[:8]}"
    connection = await asyncpg.connect(postgres.url.replace("+asyncpg", ""))
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    url = f"{postgres.url.rpartition('/')[0]}/{name}"
    one, two = [await start_registry(database_url=url, **how) for _ in range(2)]
    await one.publish(one.gate.import_files(agent_files(1)))
    await one.settled()
    await one.release("prop-1", 2)
    return one, two


@pytest.fixture
async def replicas(start_registry: Any, postgres: LocalPostgres) -> tuple[Any, Any]:
    """Without Redis: each looks by itself."""
    found: tuple[Any, Any] = await two_replicas(start_registry, postgres, watch_seconds=0.1)
    return found


async def hears_of_a_move(one: Any, two: Any, state: Path) -> None:
    """An agent that listens to one replica gets a move made at the other."""
    config = ConfigClient(agent="buyer", url=one.url, state_dir=state, silence_seconds=60.0)
    async with config:
        assert config.snapshot.generation == 2
        moved = await two.http.post(f"{CHANNEL}/rollback", json=WHO)
        async with asyncio.timeout(5):
            while config.snapshot.generation != moved.json()["generation"]:
                await asyncio.sleep(0.02)


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
    await hears_of_a_move(*replicas, tmp_path / "agent")


async def test_a_hint_brings_a_move_to_every_replica_without_waiting_for_the_next_look(
    start_registry: Any, postgres: LocalPostgres, redis_server: LocalRedis, tmp_path: Path
) -> None:
    how = {"redis_url": redis_server.url, "watch_seconds": NEVER_SECONDS}
    one, two = await two_replicas(start_registry, postgres, **how)
    async with Redis.from_url(redis_server.url) as client, asyncio.timeout(5):
        while (await client.pubsub_numsub(PREFIX + MOVED))[0][1] < 2:
            await asyncio.sleep(0.02)
    await hears_of_a_move(one, two, tmp_path / "agent")


async def test_without_redis_a_move_comes_with_the_next_look(
    start_registry: Any, postgres: LocalPostgres, redis_server: LocalRedis, tmp_path: Path
) -> None:
    how = {"redis_url": redis_server.url, "watch_seconds": 0.1}
    one, two = await two_replicas(start_registry, postgres, **how)
    redis_server.stop()
    try:
        await hears_of_a_move(one, two, tmp_path / "agent")
    finally:
        redis_server.start()


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
