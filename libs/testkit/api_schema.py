"""Requests made from an API's own description, valid and not, against a running service."""

import asyncio
import subprocess
import sys
from pathlib import Path

from fastapi import FastAPI

from libs.runtime.serve import Server

UNCHECKED = (
    "unsupported_method",
    "allow_header_conformance",  # the framework names the methods of one route only
    "ignored_auth",  # the good key is sent beside every made-up one
    "positive_data_acceptance",  # whether a thing is there is no matter of schema
)


async def check_against_schema(
    api: FastAPI, schema_path: str, key: str, folder: Path, cases: int = 15
) -> str:
    """Empty when no answer is a 5xx or undeclared, else what schemathesis says."""
    server = Server(api, "127.0.0.1", 0)
    await server.start()
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run"),
        f"http://127.0.0.1:{server.port}{schema_path}",
        *("--max-examples", str(cases), "--seed", "7"),
        *("--header", f"x-api-key: {key}"),
        *("--exclude-checks", ",".join(UNCHECKED)),
    ]
    try:
        run = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, cwd=folder, check=False
        )
    finally:
        await server.stop()
    return "" if run.returncode == 0 else run.stdout[-9000:] + run.stderr[-2000:]
