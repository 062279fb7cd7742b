"""Requests made from the API's own description, valid and not: no 5xx, no undeclared answer."""

from pathlib import Path
from typing import Any

from libs.runtime.keys import KeysFile, new_key, write_keys
from libs.testkit.api_schema import check_url_against_schema, key_in
from libs.testkit.review_gate import agent_files

STREAM = "/api/v1/agents/{agent}/channels/{channel}/stream"


async def test_the_api_keeps_to_its_description(start_registry: Any, tmp_path: Path) -> None:
    keys_file, secret = key_in(tmp_path)
    registry = await start_registry(keys_file=keys_file)
    await registry.publish(registry.gate.import_files(agent_files(1)))
    await registry.settled()
    url = f"{registry.url}/runtime_config/openapi.json"
    endless = ("--exclude-path", STREAM)
    found = await check_url_against_schema(url, secret, tmp_path, cases=10, more=endless)
    assert not found, found


async def test_scopes_guard_what_they_name(start_registry: Any, tmp_path: Path) -> None:
    made = {
        scope: new_key(scope, frozenset({scope})) for scope in ("read", "ingest", "review", "admin")
    }
    write_keys(tmp_path / "keys.yaml", KeysFile(keys=tuple(e for _, e in made.values())))
    registry = await start_registry(keys_file=tmp_path / "keys.yaml")
    await registry.publish(registry.gate.import_files(agent_files(1)))
    await registry.settled()
    channel = "/api/v1/agents/buyer/channels/production"
    needed = {
        ("GET", channel): "read",
        ("GET", "/api/v1/releases"): "read",
        ("POST", "/ofrep/v1/evaluate/flags"): "read",
        ("POST", "/api/v1/agents/buyer/instances/i/status"): "ingest",
        ("POST", f"{channel}/rollback"): "review",
        ("PUT", channel): "review",
        ("POST", "/api/v1/releases/signing-keys/rotate"): "admin",
    }
    for (method, path), scope in needed.items():
        assert (await registry.http.request(method, path)).status_code == 401
        for held, (secret, _) in made.items():
            headers = {"x-api-key": secret}
            response = await registry.http.request(method, path, headers=headers)
            assert (response.status_code == 403) == (held not in (scope, "admin")), path
