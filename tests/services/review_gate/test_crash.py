"""Killed between the git write and the SQL commit, the gate ends up where it would have been."""

import signal
import subprocess
import sys
from pathlib import Path

import pygit2
import pytest

from services.review_gate.adapters.forge_local import LocalForge
from tests.services.review_gate.conftest import FIRST
from tests.services.review_gate.crash_child import whole_way

ROOT = Path(__file__).resolve().parents[3]
POINTS = (
    "before:record_import",
    "after:record_import",
    "before:open",
    "after:open",
    "before:claim",
    "after:claim",
    "before:settle",
    "after:settle",
)


@pytest.mark.parametrize("point", POINTS)
async def test_kill_and_restart_gives_one_merge_and_one_decision(
    tmp_path: Path, point: str
) -> None:
    child = [sys.executable, "-m", "tests.services.review_gate.crash_child", str(tmp_path), point]
    ended = subprocess.run(child, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    view, said = await whole_way(tmp_path, "after-the-crash")
    assert (view["state"], view["decided_by"]) == ("approved", "ada")
    assert len(set(said)) == 2  # copies are allowed, a second decision is not
    repo = pygit2.Repository(str(tmp_path / "config-repo.git"))
    main = list(repo.walk(repo.references["refs/heads/main"].target))
    assert [str(main[0].id), len(main)] == [view["merge_commit"], 3]  # import, proposal, merge
    branches = [name for name in repo.references if name.startswith("refs/heads/pawl/")]
    assert branches == [f"refs/heads/{view['branch']}"]


async def test_a_lock_left_by_a_killed_process_is_no_obstacle(tmp_path: Path) -> None:
    repository = tmp_path / "config-repo.git"
    pygit2.init_repository(str(repository), bare=True, initial_head="main")
    (repository / "refs" / "heads" / "main.lock").write_text("")
    view, _ = await whole_way(tmp_path, "listener")
    assert view["state"] == "approved"


async def test_a_request_while_the_gate_starts_keeps_its_lock(tmp_path: Path) -> None:
    """HTTP answers before the start is through: locks of the dead go first, and only once."""
    repository = tmp_path / "config-repo.git"
    pygit2.init_repository(str(repository), bare=True, initial_head="main")
    lock = repository / "refs" / "heads" / "main.lock"
    lock.write_text("")
    forge = LocalForge(repository)
    await forge.import_agent(FIRST)
    lock.write_text("another request is writing")
    await forge.open()
    assert lock.exists()
