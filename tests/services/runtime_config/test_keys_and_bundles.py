"""Bundles are signed by a key that stays put, or is followed by one that it endorsed."""

import asyncio
import base64
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from pawl_sdk.bundle import verify
from pawl_sdk.config import ConfigClient

from libs.runtime.errors import StartupError
from libs.testkit.review_gate import agent_files
from services.runtime_config.adapters.signing import load_or_create, read_pending, write_pending

ROTATE = "/api/v1/releases/signing-keys/rotate"


async def test_a_bundle_is_signed_by_the_listed_key(registry: Any) -> None:
    digest = (await registry.pointer())["digest"]
    response = await registry.http.get(f"/api/v1/bundles/{digest}")
    (key,) = (await registry.get("/api/v1/releases/signing-keys"))["keys"]
    assert response.headers["x-pawl-key-id"] == key["key_id"]
    verify(base64.b64decode(key["public_key"]), digest, response.headers["x-pawl-signature"])


async def test_the_private_key_is_for_its_owner_only_and_stays(
    registry: Any, tmp_path: Path
) -> None:
    path = tmp_path / "signing.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create(path) == load_or_create(path)
    assert "private" not in str(await registry.get("/api/v1/releases/signing-keys"))


async def test_after_a_rotation_agents_follow_and_old_bundles_stay_valid(
    registry: Any, tmp_path: Path
) -> None:
    config = ConfigClient(agent="buyer", url=registry.url, state_dir=tmp_path / "agent")
    async with config:
        rotated = await registry.http.post("/api/v1/releases/signing-keys/rotate")
        old, new = rotated.json()["keys"]
        assert (old["current"], new["current"]) == (False, True)
        assert new["endorsements"][0]["key_id"] == old["key_id"]
        digest = await registry.release("prop-1", 2)
        response = await registry.http.get(f"/api/v1/bundles/{digest}")
        assert response.headers["x-pawl-key-id"] == new["key_id"]
        while config.snapshot.digest != digest:
            assert not config.problem()
            await registry.settled()


async def test_a_rotation_cut_short_is_finished_at_the_next_start(
    start_registry: Any, tmp_path: Path
) -> None:
    first = load_or_create(tmp_path / "signing.key")
    newer = write_pending(tmp_path / "signing.key")
    registry = await start_registry()
    keys = (await registry.get("/api/v1/releases/signing-keys"))["keys"]
    assert [key["key_id"] for key in keys] == [first.key_id, newer.key_id]
    assert keys[1]["endorsements"][0]["key_id"] == first.key_id
    assert load_or_create(tmp_path / "signing.key") == newer


async def test_rotations_at_once_follow_each_other(start_registry: Any, tmp_path: Path) -> None:
    registry = await start_registry()
    responses = await asyncio.gather(*(registry.http.post(ROTATE) for _ in range(4)))
    assert [response.status_code for response in responses] == [200] * 4
    keys = (await registry.get("/api/v1/releases/signing-keys"))["keys"]
    on_disk = load_or_create(tmp_path / "signing.key").key_id
    assert [key["key_id"] for key in keys if key["current"]] == [on_disk]
    vouched = [[one["key_id"] for one in key["endorsements"]] for key in keys]
    assert vouched == [[], *([key["key_id"]] for key in keys[:-1])]
    await registry.app.stop()
    await start_registry()


async def test_a_rotation_that_failed_half_way_is_finished_by_the_next(
    registry: Any, tmp_path: Path
) -> None:
    newer = write_pending(tmp_path / "signing.key")
    rotated = (await registry.http.post(ROTATE)).json()["keys"]
    assert [key["key_id"] for key in rotated if key["current"]] == [newer.key_id]
    assert load_or_create(tmp_path / "signing.key") == newer
    assert read_pending(tmp_path / "signing.key") is None


async def test_a_key_from_a_secret_is_endorsed_by_the_one_before(start_registry: Any) -> None:
    old, new = os.urandom(32), os.urandom(32)
    first = await start_registry(signing_key=base64.b64encode(old).decode())
    await first.app.stop()
    registry = await start_registry(
        signing_key=base64.b64encode(new).decode(),
        previous_signing_key=base64.b64encode(old).decode(),
    )
    older, newer = (await registry.get("/api/v1/releases/signing-keys"))["keys"]
    assert [e["key_id"] for e in newer["endorsements"]] == [older["key_id"]]
    refused = await registry.http.post("/api/v1/releases/signing-keys/rotate")
    assert (refused.status_code, "PREVIOUS" in refused.json()["detail"]) == (409, True)


async def test_a_key_that_nobody_vouches_for_is_refused_at_start(
    start_registry: Any, tmp_path: Path
) -> None:
    registry = await start_registry()
    await registry.app.stop()
    lost = load_or_create(tmp_path / "signing.key")
    (tmp_path / "signing.key").unlink()
    with pytest.raises(StartupError, match=f"signed by {lost.key_id}.*NEW_SIGNING_KEY"):
        await start_registry()
    again = await start_registry(new_signing_key=True)
    keys = (await again.get("/api/v1/releases/signing-keys"))["keys"]
    assert [key["current"] for key in keys] == [False, True]


async def test_a_bad_secret_is_named_at_start(start_registry: Any) -> None:
    with pytest.raises(StartupError, match="SIGNING_KEY: expected 32 bytes, came 3"):
        await start_registry(signing_key=base64.b64encode(b"abc").decode())


@pytest.mark.parametrize("digest", ["sha256:" + "0" * 64, "nonsense"])
async def test_an_unknown_digest_is_refused(registry: Any, digest: str) -> None:
    assert (await registry.http.get(f"/api/v1/bundles/{digest}")).status_code in (404, 422)


async def test_statuses_are_kept_by_instance_and_validated(registry: Any) -> None:
    path = "/api/v1/agents/buyer/instances/i-1/status"
    status = {
        "channel": "production",
        "desired_digest": "sha256:" + "0" * 64,
        "desired_generation": 2,
        "applied_digest": None,
        "applied_generation": None,
        "state": "refused",
        "error": "bad",
        "sdk_version": "0",
    }
    assert (await registry.http.post(path, json=status)).status_code == 202
    assert (await registry.http.post(path, json=status | {"state": "odd"})).status_code == 422
    (item,) = (await registry.get("/api/v1/agents/buyer/instances"))["items"]
    assert (item["state"], item["error"]) == ("refused", "bad")


async def test_two_agents_do_not_share_anything(registry: Any) -> None:
    files = agent_files(5, "seller")
    await registry.publish(registry.gate.import_files(files, "seller"))
    await registry.settled()
    seller = (await registry.get("/api/v1/agents/seller/channels/production"))["digest"]
    body = {"digest": seller, "moved_by": "ada", "reason": "oops"}
    response = await registry.http.put(
        "/api/v1/agents/buyer/channels/production", json=body, headers={"If-Match": "1"}
    )
    assert (response.status_code, "for agent 'buyer'" in response.json()["detail"]) == (409, True)
