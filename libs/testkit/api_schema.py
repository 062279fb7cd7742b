"""Requests made from an API's own description, valid and not, against a running service."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI

from libs.runtime.keys import KeysFile, Scope, new_key, write_keys
from libs.runtime.serve import Server

UNCHECKED = (
    "unsupported_method",
    "allow_header_conformance",  # the framework names the methods of one route only
    "ignored_auth",  # the good key is sent beside every made-up one
    "positive_data_acceptance",  # whether a thing is there is no matter of schema
)
PHASES = os.environ.get("PAWL_SCHEMA_PHASES", "examples,fuzzing,stateful")
"""With `coverage`, which walks through every boundary of every parameter, minutes longer."""


def key_in(folder: Path, scope: Scope = "admin") -> tuple[Path, str]:
    """A keys file with one key, and its secret."""
    secret, entry = new_key("tester", frozenset({scope}))
    write_keys(folder / "keys.yaml", KeysFile(keys=(entry,)))
    return folder / "keys.yaml", secret


async def check_against_schema(
    api: FastAPI, schema_path: str, key: str, folder: Path, cases: int = 15
) -> str:
    """Empty when no answer is a 5xx or undeclared, else what schemathesis says."""
    server = Server(api, "127.0.0.1", 0)
    await server.start()
    try:
        url = f"http://127.0.0.1:{server.port}{schema_path}"
        return await check_url_against_schema(url, key, folder, cases)
    finally:
        await server.stop()


async def check_url_against_schema(
    url: str, key: str, folder: Path, cases: int, more: Sequence[str] = ()
) -> str:
    """The same for a service that is served already; `more` are options of schemathesis."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", url),
        *("--max-examples", str(cases), "--seed", "7", "--phases", PHASES),
        *("--header", f"x-api-key: {key}"),
        *("--exclude-checks", ",".join(UNCHECKED)),
        *more,
    ]
    run = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, cwd=folder, check=False
    )
    return "" if run.returncode == 0 else run.stdout[-9000:] + run.stderr[-2000:]
