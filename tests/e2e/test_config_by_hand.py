"""A person changes a config at a terminal: pull, edit, push; agents are served it."""

import json
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Platform, until


def test_a_config_is_pulled_changed_and_pushed(platform: Platform, tmp_path: Path) -> None:
    def run(*words: str) -> Any:
        return platform.cli("config", *words, holder="bank")

    def told(*words: str) -> Any:
        ran = run(*words, "--json")
        assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
        return json.loads(ran.stdout)

    def served() -> str | None:
        channels = told("channels", "cashier")
        return str(channels[0]["digest"]) if channels else None

    first = tmp_path / "first"
    first.mkdir()
    (first / "agent.yaml").write_text("name: cashier\nparameters: {limit: 3}\n")
    imported = told("import", "cashier", str(first))
    until(lambda: served() == imported["digest"])
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    for folder in (mine, theirs):
        assert told("pull", "cashier", str(folder))["files"] == imported["files"]

    (mine / "agent.yaml").write_text("name: cashier\nparameters: {limit: 4}\n")
    (mine / "prompts").mkdir()
    (mine / "prompts" / "system.md").write_text("be exact\n")
    pushed = run("push", "cashier", str(mine), "-m", "The limit is too low")
    assert pushed.returncode == 0, pushed.stderr
    assert "+parameters: {limit: 4}" in pushed.stdout
    until(lambda: served() != imported["digest"])
    releases = told("releases", "cashier")
    assert releases[0]["proposal_id"].startswith("change-")
    assert releases[0]["digest"] == served()

    (theirs / "agent.yaml").write_text("name: cashier\nparameters: {limit: 5}\n")
    late = run("push", "cashier", str(theirs), "-m", "mine is better")
    assert (late.returncode, "read it again" in late.stderr) == (1, True)
    over = run("pull", "cashier", str(theirs))
    assert (over.returncode, "agent.yaml" in over.stderr) == (2, True)
    assert (theirs / "agent.yaml").read_text().endswith("{limit: 5}\n")
    (theirs / "agent.yaml").write_text((first / "agent.yaml").read_text())
    assert told("pull", "cashier", str(theirs))["digest"] == served()
    assert (theirs / "prompts" / "system.md").read_text() == "be exact\n"
    assert run("push", "cashier", str(first), "-m", "never pulled").returncode == 2
