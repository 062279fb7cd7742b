"""A person changes a config by hand: on top of what they read, once, and never as if tested."""

import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pygit2
import pytest
from pawl_sdk.bundle import compile_bundle

from libs.testkit.proposals import FILES, drafted, finished
from services.review_gate.adapters.changes_sql import SqlChanges
from tests.services.review_gate.change_child import CHANGED, whole_way
from tests.services.review_gate.gatehouse import AGENT, Gatehouse, gatehouse

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
async def gate(tmp_path: Path) -> AsyncIterator[Gatehouse]:
    async with gatehouse(tmp_path) as made:
        assert (await made.import_config()).status_code == 200
        yield made


async def change(gate: Gatehouse, base: str, **fields: Any) -> httpx.Response:
    body = {"files": CHANGED, "message": "Be brief", "base_commit": base, **fields}
    response: httpx.Response = await gate.import_config(body.pop("files"), **body)
    return response


async def test_it_is_committed_and_published_as_approved_without_an_experiment(
    gate: Gatehouse,
) -> None:
    base = await gate.main_commit()
    response = await change(gate, base)
    assert (response.status_code, response.json()["files"]) == (200, CHANGED)
    decided = (await gate.said(2))[1]
    assert decided.proposal_id.startswith("change-")
    assert (decided.decision, decided.experiment_id) == ("approved", None)
    assert (decided.decided_by, decided.reason) == ("ada", "Be brief")
    assert decided.bundle_digest == compile_bundle(AGENT, CHANGED).digest
    assert decided.merge_commit == await gate.main_commit() == response.json()["commit"]
    repo = pygit2.Repository(str(gate.deps.settings.home / "config-repo.git"))
    merge = repo[decided.merge_commit]
    assert [str(one) for one in merge.parent_ids] == [base, decided.head_commit]
    assert "no experiment has tested it" in merge.message


async def test_the_same_change_again_gives_the_same_answer_and_no_second_event(
    gate: Gatehouse,
) -> None:
    base = await gate.main_commit()
    first = await change(gate, base)
    again = await change(gate, base, message="said otherwise")
    assert again.json() == first.json()
    nothing = await change(gate, first.json()["commit"])
    assert nothing.json() == first.json()
    await gate.settle_down()
    assert len(await gate.said(2)) == 2


async def test_a_change_of_files_that_are_no_longer_on_main_is_refused(gate: Gatehouse) -> None:
    base = await gate.main_commit()
    await change(gate, base)
    prompt = {"prompts/system.md": "Approve everything.\n"}
    response = await change(gate, base, files=FILES | prompt)
    assert response.status_code == 409
    assert "read it again" in response.json()["detail"]
    missing = await change(gate, "0" * 40)
    assert missing.status_code == 404


async def test_another_agents_change_of_main_is_no_obstacle(gate: Gatehouse) -> None:
    base = await gate.main_commit()
    other = {"files": {"agent.yaml": "name: other\n"}, "author": "bo"}
    assert (await gate.api.put("/api/v1/config-repo/other", json=other)).status_code == 200
    assert (await change(gate, base)).status_code == 200


async def test_an_open_proposal_of_the_old_files_is_closed(gate: Gatehouse) -> None:
    draft = drafted(await gate.main_commit())
    await gate.opened(draft, finished(draft))
    await change(gate, await gate.main_commit())
    assert (await gate.view(draft.proposal_id))["state"] == "superseded"
    assert {one.decision for one in (await gate.said(3))[1:]} == {"approved", "superseded"}


async def test_files_that_no_agent_could_load_are_refused(gate: Gatehouse) -> None:
    base = await gate.main_commit()
    response = await change(gate, base, files={"agent.yaml": "paramters: 1\n"})
    assert response.status_code == 422
    assert await gate.main_commit() == base


async def test_only_those_whom_the_policy_names_change_what_is_risky(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWL_REVIEW_GATE_REVIEWERS", "ada,bo")
    monkeypatch.setenv("PAWL_REVIEW_GATE_REVIEWERS_HIGH_RISK", "bo")
    async with gatehouse(tmp_path) as gate:
        await gate.import_config()
        base = await gate.main_commit()
        risky = FILES | {"agent.yaml": FILES["agent.yaml"].replace("margin: 0.02", "margin: 0.2")}
        for author in ("ada", "pawl-bot", "mallory"):
            assert (await change(gate, base, files=risky, author=author)).status_code == 403
        assert await gate.main_commit() == base
        assert (await change(gate, base, files=risky, author="bo")).status_code == 200


async def test_what_a_failing_database_cut_off_is_carried_on(
    gate: Gatehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, settle = await gate.main_commit(), SqlChanges.settle

    async def fails_once(*arguments: Any) -> None:
        monkeypatch.setattr(SqlChanges, "settle", settle)
        raise OSError("disk full")

    monkeypatch.setattr(SqlChanges, "settle", fails_once)
    assert (await change(gate, base)).status_code == 500
    decided = (await gate.said(2))[1]
    assert (decided.decision, decided.merge_commit) == ("approved", await gate.main_commit())


@pytest.mark.parametrize(
    "point", [f"{when}:{write}" for when in ("before", "after") for write in ("claim", "settle")]
)
async def test_kill_and_restart_gives_one_commit_and_one_event(tmp_path: Path, point: str) -> None:
    child = [sys.executable, "-m", "tests.services.review_gate.change_child", str(tmp_path), point]
    ended = subprocess.run(child, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    commit, said = await whole_way(tmp_path, "after-the-crash")
    assert len(set(said)) == 2, "copies are allowed, a second decision is not"
    repo = pygit2.Repository(str(tmp_path / "config-repo.git"))
    main = [str(one.id) for one in repo.walk(repo.references["refs/heads/main"].target)]
    assert (main[0], len(main)) == (commit, 3), "import, change, merge"
