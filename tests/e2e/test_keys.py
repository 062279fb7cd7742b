"""What a key may see and send, over the platform's public doors."""

import httpx
import pytest

from tests.e2e.conftest import Platform, import_clerk, send, until


def test_a_key_sees_its_project_and_nothing_else(platform: Platform) -> None:
    trace_id = send(platform, "bank", "bank", "secret transfer")
    platform.spans("bank", 1, name="secret transfer")
    send(platform, "shop", "shop", "a sale")
    platform.spans("shop", 1, name="a sale")
    path = f"/api/v1/traces/{trace_id}"
    assert platform.get(path, "bank")["summary"]["project"] == "bank"
    platform.get(path, "shop", expect=404)
    platform.get(path, "shop", expect=404, project="bank")
    assert platform.get("/api/v1/traces", "shop", project="bank")["items"] == []
    listed = {one["name"] for one in platform.get("/api/v1/projects", "shop")["items"]}
    assert listed == {"shop"}


def test_what_a_key_may_not_do_is_refused_and_never_kept(
    platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    for headers in ({}, {"x-api-key": "made up"}):
        answer = httpx.get(f"{platform.api}/api/v1/traces", headers=headers)
        assert answer.status_code == 401
        assert "API key" in answer.json()["detail"]
    send(platform, "shop", "bank", "forged")  # not its project
    send(platform, "reader", "shop", "forged")  # no scope to send
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert ["Forbidden" in one for one in told] == [True, True]
    trace_id = send(platform, "shop", "shop", "after")
    until(lambda: bool(platform.get("/api/v1/traces", name="after")["items"]))
    assert platform.get("/api/v1/traces", name="forged")["items"] == []
    feedback = {"project": "shop", "trace_id": trace_id, "kind": "thumb", "author": "x", "score": 1}
    answer = httpx.post(
        f"{platform.api}/api/v1/feedback", json=feedback, headers=platform.headers("bank")
    )
    assert answer.status_code == 403


def test_a_key_sees_the_config_of_its_agents_and_no_others(platform: Platform) -> None:
    import_clerk(platform)
    pointer = platform.get("/api/v1/agents/clerk/channels/production", "clerk")
    bundle = f"/api/v1/bundles/{pointer['digest']}"
    assert platform.get(bundle, "clerk")["agent"] == "clerk"
    platform.get(bundle, "bank", expect=404)
    for path in ("agents/clerk/channels/production", "agents/clerk/instances", "config-repo/clerk"):
        assert "clerk" in platform.get(f"/api/v1/{path}", "bank", expect=403)["detail"]
    assert platform.get("/api/v1/config-repo", "clerk")["agents"] == ["clerk"]
    assert "clerk" not in platform.get("/api/v1/config-repo", "bank")["agents"]
    assert platform.get("/api/v1/releases", "clerk")["items"]
    for path in ("releases", "proposals", "clusters", "experiments", "mining-runs"):
        listed = platform.get(f"/api/v1/{path}", "bank")["items"]
        assert [one for one in listed if one["agent"] == "clerk"] == []
    for path in ("releases", "proposals", "clusters"):
        assert platform.get(f"/api/v1/{path}", "bank", agent="clerk")["items"] == []
    for path in ("examples", "ledger"):
        platform.get(f"/api/v1/{path}", "bank", expect=403, agent="clerk")
