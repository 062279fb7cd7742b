"""Requests made from the API's own description, valid and not: no 5xx, no undeclared answer."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from libs.runtime.keys import KeysFile, new_key, write_keys
from libs.runtime.serve import Server
from tests.services.traces.harness import make_span, open_service

CASES = int(os.environ.get("PAWL_SCHEMA_CASES", "4"))
UNCHECKED = (
    "unsupported_method",
    "allow_header_conformance",  # the framework names the methods of one route only
    "ignored_auth",  # the good key is sent beside every made-up one
    "positive_data_acceptance",  # whether a trace is there is no matter of schema
)


@pytest.mark.timeout(300)
async def test_the_api_keeps_to_its_description(tmp_path: Path) -> None:
    secret, entry = new_key("tester", frozenset({"admin"}))
    write_keys(tmp_path / "keys.yaml", KeysFile(keys=(entry,)))
    async with open_service(tmp_path, keys_file=tmp_path / "keys.yaml") as service:
        for number in range(1, 4):
            await service.send(make_span(number, trace=number, attributes={"session.id": "0"}))
        await service.settle()
        server = Server(service.app, "127.0.0.1", 0)
        await server.start()
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run"),
            f"http://127.0.0.1:{server.port}/traces/openapi.json",
            *("--max-examples", str(CASES), "--seed", "7"),
            *("--header", f"x-api-key: {secret}"),
            *("--exclude-checks", ",".join(UNCHECKED)),
        ]
        run = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, cwd=tmp_path, check=False
        )
        await server.stop()
    assert run.returncode == 0, run.stdout[-9000:] + run.stderr[-2000:]
