"""`pawl config` against the real registry."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import httpx
import pytest
from pawl_sdk.client.config import Config
from pawl_sdk.client.http import Http

from tests.services.runtime_config.test_canary import with_canary


async def run(registry: Any, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from pawl_sdk.cli import main; main()"]
    command += ["--url", registry.url, "config", *arguments, "--json"]
    return await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=False
    )


async def pawl(registry: Any, *arguments: str) -> Any:
    done = await run(registry, *arguments)
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


@pytest.mark.parametrize("command", ["rollback", "promote"])
async def test_a_move_starts_from_what_the_person_saw(start_registry: Any, command: str) -> None:
    """Another canary than the one that was looked at is neither promoted nor taken back."""
    registry, seen = await with_canary(start_registry)
    other = await registry.release("prop-2", 3)
    how = [command, "buyer", "--reason", "because"]
    stale = await run(registry, *how, "--generation", str(seen["generation"]))
    assert stale.returncode == 1
    assert "the channel is at generation 3, not 2: look at it again" in stale.stderr
    assert (await registry.pointer())["generation"] == 3
    shown = await run(registry, *how)
    assert f"from generation 3, {seen['digest']}, canary {other} for 50% of the" in shown.stderr
    served = {"rollback": seen["digest"], "promote": other}[command]
    assert json.loads(shown.stdout)["digest"] == served


def test_the_client_names_the_generation_that_it_read() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"generation": 7})

    config = Config(Http("http://pawl", transport=httpx.MockTransport(answer)))
    who = {"moved_by": "ada", "reason": "because"}
    config.rollback("buyer", "production", **who)
    config.promote("buyer", "production", **who)
    config.rollback("buyer", "production", generation=5, **who)
    moves = [request.headers["If-Match"] for request in sent if request.method == "POST"]
    assert moves == ["7", "7", "5"]
