"""`pawl config` against the real registry."""

import asyncio
import json
import subprocess
import sys
from typing import Any


async def pawl(registry: Any, *arguments: str) -> Any:
    command = [sys.executable, "-c", "from pawl_sdk.cli import main; main()"]
    command += ["--url", registry.url, "config", *arguments, "--json"]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def test_a_person_looks_rolls_back_and_promotes(registry: Any) -> None:
    first = (await registry.pointer())["digest"]
    await registry.release("prop-1", 2)
    back = await pawl(registry, "rollback", "buyer", "--reason", "worse", "--by", "ada")
    assert (back["generation"], back["digest"]) == (3, first)
    staged = await pawl(registry, "promote", "buyer", "--to", "staging", "--reason", "try")
    assert (staged["channel"], staged["digest"]) == ("staging", first)
    channels = await pawl(registry, "channels", "buyer")
    assert [c["channel"] for c in channels] == ["production", "staging"]
    history = await pawl(registry, "history", "buyer")
    assert (history[0]["generation"], history[0]["reason"]) == (3, "worse")
    releases = await pawl(registry, "releases", "buyer")
    assert [r["sequence"] for r in releases] == [2, 1]
