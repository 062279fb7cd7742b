"""Moves are compare-and-swap; a rollback is a new generation."""

import asyncio
from typing import Any

from libs.contracts.events import ConfigChannelMoved

CHANNEL = "/api/v1/agents/buyer/channels/production"
WHO = {"moved_by": "ada", "reason": "because"}


async def test_of_many_concurrent_moves_from_one_generation_exactly_one_wins(
    registry: Any,
) -> None:
    first = (await registry.pointer())["digest"]
    second = await registry.release("prop-1", 2)
    await registry.release("prop-2", 3)

    async def move(number: int) -> int:
        digest = (first, second)[number % 2]
        body = {"digest": digest, **WHO, "reason": f"try {number}"}
        response = await registry.http.put(CHANNEL, json=body, headers={"If-Match": "3"})
        return int(response.status_code)

    codes = await asyncio.gather(*map(move, range(20)))
    assert sorted(codes) == [200] + [412] * 19
    assert (await registry.pointer())["generation"] == 4
    moved = await registry.published(ConfigChannelMoved, 4)
    assert [m.generation for m in moved] == [1, 2, 3, 4]


async def test_a_move_names_where_it_starts_by_number_or_etag(registry: Any) -> None:
    first = (await registry.pointer())["digest"]
    await registry.release("prop-1", 2)
    body = {"digest": first, **WHO}
    assert (await registry.http.put(CHANNEL, json=body)).status_code == 428
    stale = await registry.http.put(CHANNEL, json=body, headers={"If-Match": "1"})
    assert stale.status_code == 412
    assert "generation 2, not 1" in stale.json()["detail"]
    bad = await registry.http.put(CHANNEL, json=body, headers={"If-Match": "x"})
    assert bad.status_code == 400
    moved = await registry.http.put(CHANNEL, json=body, headers={"If-Match": stale.headers["etag"]})
    assert (moved.status_code, moved.json()["generation"]) == (200, 3)


async def test_an_unmoved_pointer_answers_304(registry: Any) -> None:
    response = await registry.http.get(CHANNEL)
    etag = response.headers["etag"]
    again = await registry.http.get(CHANNEL, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    await registry.release("prop-1", 2)
    moved = await registry.http.get(CHANNEL, headers={"If-None-Match": etag})
    assert (moved.status_code, moved.json()["generation"]) == (200, 2)


async def test_a_channel_points_only_at_what_was_released_for_its_agent(registry: Any) -> None:
    body = {"digest": "sha256:" + "0" * 64, **WHO}
    response = await registry.http.put(CHANNEL, json=body, headers={"If-Match": "1"})
    assert response.status_code == 409
    assert "never released" in response.json()["detail"]


async def test_rollback_is_a_new_generation_with_the_digest_before(registry: Any) -> None:
    first = (await registry.pointer())["digest"]
    second = await registry.release("prop-1", 2)
    back = (await registry.http.post(f"{CHANNEL}/rollback", json=WHO)).json()
    assert (back["generation"], back["digest"]) == (3, first)
    forth = (await registry.http.post(f"{CHANNEL}/rollback", json=WHO)).json()
    assert (forth["generation"], forth["digest"]) == (4, second)
    chosen = {**WHO, "to_generation": 1}
    response = await registry.http.post(f"{CHANNEL}/rollback", json=chosen)
    assert response.json()["digest"] == first
    missing = await registry.http.post(f"{CHANNEL}/rollback", json={**WHO, "to_generation": 99})
    assert missing.status_code == 404
    same = await registry.http.post(f"{CHANNEL}/rollback", json={**WHO, "to_digest": first})
    assert (same.status_code, "already points" in same.json()["detail"]) == (409, True)


async def test_the_first_config_cannot_be_rolled_back(registry: Any) -> None:
    response = await registry.http.post(f"{CHANNEL}/rollback", json=WHO)
    assert response.status_code == 404
    assert "first" in response.json()["detail"]


async def test_a_digest_is_promoted_to_another_channel(registry: Any) -> None:
    digest = (await registry.pointer())["digest"]
    body = {**WHO, "to": "staging"}
    response = await registry.http.post(f"{CHANNEL}/promote", json=body)
    assert (response.json()["channel"], response.json()["digest"]) == ("staging", digest)
    assert (await registry.pointer("staging"))["generation"] == 1
    names = [c["channel"] for c in (await registry.get("/api/v1/agents/buyer/channels"))["items"]]
    assert names == ["production", "staging"]
    alone = await registry.http.post(f"{CHANNEL}/promote", json=WHO)
    assert alone.status_code == 409


async def test_an_unknown_channel_is_404_also_for_its_stream(registry: Any) -> None:
    for path in ("", "/stream", "/moves", "/canary"):
        response = await registry.http.get(f"/api/v1/agents/nobody/channels/production{path}")
        assert response.status_code == 404


async def test_the_stream_gives_the_current_pointer_then_each_move(registry: Any) -> None:
    lines: list[str] = []
    async with asyncio.timeout(20), registry.http.stream("GET", f"{CHANNEL}/stream") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        async for line in response.aiter_lines():
            lines.append(line)
            if line.startswith("data:") and '"generation":1' in line:
                await registry.release("prop-1", 2)
            if line.startswith("data:") and '"generation":2' in line:
                break
    assert lines[:2] == ["id: 1", "event: pointer"]


async def test_a_silent_stream_has_heartbeats(start_registry: Any) -> None:
    from libs.testkit.review_gate import agent_files

    registry = await start_registry(heartbeat_seconds=0.05)
    await registry.publish(registry.gate.import_files(agent_files(1)))
    await registry.settled()
    async with asyncio.timeout(20), registry.http.stream("GET", f"{CHANNEL}/stream") as response:
        beats = 0
        async for line in response.aiter_lines():
            beats += line.startswith(":")
            if beats == 3:
                break
    assert beats == 3
