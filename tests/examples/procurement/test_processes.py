"""Processes of the demo: they refuse clearly, and none outlives the one that started it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from examples.procurement.data import Case, write_case
from examples.procurement.demo import DemoOptions, run_demo
from examples.procurement.demo.agent_process import AgentProcess
from libs.runtime.serve import Server
from libs.testkit.fake_platform import FakePlatform

OWNER = """
import asyncio, sys
from pathlib import Path
from examples.procurement.demo.agent_process import AgentProcess

async def main():
    home, url, reference = sys.argv[1:]
    async with AgentProcess(Path(home), url, url, Path(reference)):
        await asyncio.sleep(600)

asyncio.run(main())
"""


def test_a_bad_case_is_told_with_file_line_and_field_and_ends_with_code_2(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_case(case, tmp_path / "case")
    path = tmp_path / "case" / "reviews.jsonl"
    path.write_text(path.read_text().replace('"decision": "reject"', '"decision": "maybe"', 1))
    folder = tmp_path / "case"
    code = run_demo(DemoOptions(home=tmp_path / "home", data_dir=folder, strict=True))
    told = "".join(capsys.readouterr().err.split())
    assert code == 2
    assert "reviews.jsonl:" in told
    assert "decision:inputshouldbe" in told
    assert 'came"maybe"' in told


def test_a_cluster_that_does_not_run_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_demo(DemoOptions(home=tmp_path, cluster=True)) == 1
    assert "startthecluster" in "".join(capsys.readouterr().err.split())


async def test_the_agent_ends_when_its_owner_is_killed(
    case: Case, files: dict[str, str], tmp_path: Path
) -> None:
    write_case(case, tmp_path / "case")
    fake = FakePlatform("procurement", ("requester",), ())
    server = Server(fake.api, "127.0.0.1", 0)
    await server.start()
    await fake.release(files)
    home, url = tmp_path / "agent", f"http://127.0.0.1:{server.port}"
    arguments = [str(home), url, str(tmp_path / "case" / "reference.json")]
    owner = subprocess.Popen([sys.executable, "-c", OWNER, *arguments])
    try:
        pid = await agent_pid(home)
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        await until_gone(pid)
    finally:
        owner.kill()
        await server.stop()


async def agent_pid(home: Path) -> int:
    path, deadline = home / "endpoints.json", time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, "the agent did not start"
        await asyncio.sleep(0.05)
    return int(json.loads(path.read_text())["pid"])


async def until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while is_alive(pid):
        assert time.monotonic() < deadline, f"process {pid} outlived its owner"
        await asyncio.sleep(0.05)


def is_alive(pid: int) -> bool:
    """An orphan that has ended may wait for somebody to ask how: it is gone all the same."""
    try:
        os.kill(pid, 0)
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


async def test_an_agent_that_cannot_start_is_told_with_its_log(
    files: dict[str, str], tmp_path: Path
) -> None:
    agent = AgentProcess(tmp_path, "http://127.0.0.1:1", "http://127.0.0.1:1", tmp_path / "none")
    with pytest.raises(Exception, match=r"the agent ended with code 1: see .*agent\.log"):
        async with agent:
            pass
    assert "the file is missing" in agent.log_path.read_text()
