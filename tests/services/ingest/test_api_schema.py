"""Requests made from the API's own description, valid and not: no 5xx, no undeclared answer."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from libs.runtime.keys import KeysFile, new_key, write_keys

if TYPE_CHECKING:
    from tests.services.ingest.conftest import Open

CASES = 40
UNCHECKED = (
    "unsupported_method",
    "ignored_auth",  # the good key is sent beside every made-up one
    "positive_data_acceptance",  # OpenAPI cannot say which bytes are an OTLP message
)


async def test_the_api_keeps_to_its_description(open_door: "Open", tmp_path: Path) -> None:
    secret, entry = new_key("tester", frozenset({"ingest"}))
    write_keys(tmp_path / "keys.yaml", KeysFile(keys=(entry,)))
    async with open_door(keys_file=tmp_path / "keys.yaml") as door:
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run"),
            f"{door.url}/ingest/openapi.json",
            *("--max-examples", str(CASES), "--seed", "7"),
            *("--header", f"x-api-key: {secret}"),
            *("--exclude-checks", ",".join(UNCHECKED)),
        ]
        run = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, cwd=tmp_path, check=False
        )
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
