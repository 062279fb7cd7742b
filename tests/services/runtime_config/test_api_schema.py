"""Requests made from the API's own description, valid and not: no 5xx, no undeclared answer."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

from libs.runtime.keys import KeysFile, new_key, write_keys
from libs.testkit.review_gate import agent_files

CASES = 10
STREAM = "/api/v1/agents/{agent}/channels/{channel}/stream"
UNCHECKED = (
    "unsupported_method",
    "allow_header_conformance",  # the framework names the methods of one route only
    "ignored_auth",  # the good key is sent beside every made-up one
    "positive_data_acceptance",  # whether a digest or an agent is there is no matter of schema
)


async def test_the_api_keeps_to_its_description(start_registry: Any, tmp_path: Path) -> None:
    secret, entry = new_key("tester", frozenset({"admin"}))
    write_keys(tmp_path / "keys.yaml", KeysFile(keys=(entry,)))
    registry = await start_registry(keys_file=tmp_path / "keys.yaml")
    await registry.publish(registry.gate.import_files(agent_files(1)))
    await registry.settled()
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run"),
        f"{registry.url}/runtime_config/openapi.json",
        *("--max-examples", str(CASES), "--seed", "7"),
        *("--header", f"x-api-key: {secret}"),
        *("--exclude-path", STREAM),  # an answer without an end
        *("--exclude-checks", ",".join(UNCHECKED)),
    ]
    run = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert run.returncode == 0, run.stdout[-9000:] + run.stderr[-2000:]


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
