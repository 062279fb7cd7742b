"""A person decides once, on exactly what was tested."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pygit2
import pytest

from libs.testkit.proposals import RULES, drafted, finished
from tests.services.review_gate.gatehouse import Gatehouse, gatehouse


@pytest.fixture
async def gate(tmp_path: Path) -> AsyncIterator[Gatehouse]:
    async with gatehouse(tmp_path) as made:
        await made.import_config()
        yield made


@pytest.fixture
async def view(gate: Gatehouse) -> dict[str, Any]:
    draft = drafted(await gate.main_commit())
    return await gate.opened(draft, finished(draft))


async def test_an_approval_merges_and_tells_what_to_release(
    gate: Gatehouse, view: dict[str, Any]
) -> None:
    response = await gate.decide(view, "approve")
    settled = response.json()
    assert (response.status_code, settled["state"]) == (200, "approved")
    assert settled["merge_commit"] == await gate.main_commit()
    decided = (await gate.said(2))[1]
    assert decided.decision == "approved"
    assert (decided.decided_by, decided.reason) == ("ada", "looks right")
    assert decided.head_commit == view["head_commit"]
    assert decided.merge_commit == settled["merge_commit"]
    assert decided.bundle_digest == view["experiment"]["candidate_digest"]
    assert decided.experiment_id == view["experiment"]["experiment_id"]


async def test_the_merge_commit_names_who_approved_what(
    gate: Gatehouse, view: dict[str, Any]
) -> None:
    settled = (await gate.decide(view, "approve", reviewer="Ada\n<x> Evil: yes")).json()
    repo = pygit2.Repository(str(gate.deps.settings.home / "config-repo.git"))
    lines = repo[settled["merge_commit"]].message.splitlines()
    assert "Approved-by: Ada <x> Evil: yes" in lines
    assert f"Proposal: {view['proposal']['proposal_id']}" in lines
    assert not [line for line in lines if line.startswith("Evil")]


async def test_the_same_decision_again_has_the_same_answer(
    gate: Gatehouse, view: dict[str, Any]
) -> None:
    first = (await gate.decide(view, "approve")).json()
    second = await gate.decide(view, "approve")
    assert (second.status_code, second.json()) == (200, first)
    assert len(await gate.said(2)) == 2


async def test_a_rejection_goes_back_with_its_reason(gate: Gatehouse, view: dict[str, Any]) -> None:
    before = await gate.main_commit()
    response = await gate.decide(view, "reject", reason="too broad for renewals")
    assert response.json()["state"] == "rejected"
    decided = (await gate.said(2))[1]
    assert (decided.decision, decided.reason) == ("rejected", "too broad for renewals")
    assert (decided.merge_commit, await gate.main_commit()) == (None, before)


async def test_a_rejection_needs_a_reason(gate: Gatehouse, view: dict[str, Any]) -> None:
    response = await gate.decide(view, "reject", reason="  ")
    assert (response.status_code, "reason" in response.json()["detail"]) == (422, True)


async def test_after_a_decision_another_one_is_a_conflict(
    gate: Gatehouse, view: dict[str, Any]
) -> None:
    await gate.decide(view, "reject")
    for fields in ({"decision": "approve"}, {"decision": "reject", "reviewer": "grace"}):
        response = await gate.decide(view, **{"decision": "approve", **fields})
        assert response.status_code == 409
        assert "rejected by ada: looks right" in response.json()["detail"]


async def test_a_decision_on_a_commit_that_was_not_read_is_a_conflict(
    gate: Gatehouse, view: dict[str, Any]
) -> None:
    response = await gate.decide(view, "approve", head_commit="1" * 40)
    assert (response.status_code, "read it again" in response.json()["detail"]) == (409, True)


async def test_commits_added_after_the_test_cannot_be_approved(
    gate: Gatehouse, view: dict[str, Any]
) -> None:
    moved = push_by_hand(gate, view["branch"])
    stale = await gate.decide(view, "approve")
    assert (stale.status_code, "read it again" in stale.json()["detail"]) == (409, True)
    fresh = await gate.decide(view, "approve", head_commit=moved)
    assert (fresh.status_code, "no evidence covers" in fresh.json()["detail"]) == (409, True)
    assert (await gate.decide(view, "reject", head_commit=moved)).status_code == 200


def push_by_hand(gate: Gatehouse, branch: str) -> str:
    repo = pygit2.Repository(str(gate.deps.settings.home / "config-repo.git"))
    tip = repo[repo.references[f"refs/heads/{branch}"].target]
    who = pygit2.Signature("Somebody", "somebody@example.com")
    return str(
        repo.create_commit(f"refs/heads/{branch}", who, who, "By hand", tip.tree_id, [tip.id])
    )


@pytest.mark.parametrize("reviewer", ["pawl-bot", "PAWL-BOT"])
async def test_the_bot_cannot_approve(gate: Gatehouse, view: dict[str, Any], reviewer: str) -> None:
    response = await gate.decide(view, "approve", reviewer=reviewer)
    assert (response.status_code, "never decides" in response.json()["detail"]) == (403, True)


async def test_only_the_named_reviewers_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWL_REVIEW_GATE_REVIEWERS", "grace, hedy")
    async with gatehouse(tmp_path) as gate:
        refused = await gate.import_config(author="mallory")
        assert (refused.status_code, "grace, hedy" in refused.json()["detail"]) == (403, True)
        assert (await gate.import_config(author="grace")).status_code == 200
        assert (await gate.said(1))[0].decided_by == "grace"
        draft = drafted(await gate.main_commit())
        view = await gate.opened(draft, finished(draft))
        assert (await gate.decide(view, "approve")).status_code == 403
        assert (await gate.decide(view, "approve", reviewer="hedy")).status_code == 200


async def test_expired_evidence_takes_no_decision_and_is_closed(
    gate: Gatehouse, view: dict[str, Any]
) -> None:
    gate.clock.at += timedelta(days=15)
    response = await gate.decide(view, "approve")
    assert (
        response.status_code,
        "evidence expired on 2026-02-14" in response.json()["detail"],
    ) == (
        409,
        True,
    )
    closed = await gate.in_state(view["proposal"]["proposal_id"], "superseded")
    assert closed["decided_reason"] == "its evidence expired on 2026-02-14"
    assert (await gate.said(2))[1].decision == "superseded"


async def test_a_decision_that_main_overtook_can_be_taken_anew(
    seldom: None, gate: Gatehouse, view: dict[str, Any]
) -> None:
    move_main(gate)
    response = await gate.decide(view, "approve")
    assert (response.status_code, "tested again" in response.json()["detail"]) == (409, True)
    assert (await gate.decide(view, "reject")).status_code == 200


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name it before `gate`: nothing is swept while a test looks at what comes in between."""
    monkeypatch.setenv("PAWL_REVIEW_GATE_SWEEP_SECONDS", "600")


def move_main(gate: Gatehouse) -> None:
    repo = pygit2.Repository(str(gate.deps.settings.home / "config-repo.git"))
    tip = repo[repo.references["refs/heads/main"].target]
    index = pygit2.Index()
    index.read_tree(tip.tree)
    blob = repo.create_blob(b"Other words.\n")
    path = "agents/procurement/prompts/system.md"
    index.add(pygit2.IndexEntry(path, blob, pygit2.enums.FileMode.BLOB))
    who = pygit2.Signature("Somebody", "somebody@example.com")
    tree = index.write_tree(repo)
    repo.create_commit("refs/heads/main", who, who, "By hand", tree, [tip.id])


async def test_what_main_has_left_is_closed_without_anybody_deciding(
    gate: Gatehouse, view: dict[str, Any]
) -> None:
    move_main(gate)
    closed = await gate.in_state(view["proposal"]["proposal_id"], "superseded")
    assert "its base was replaced" in closed["decided_reason"]


async def test_with_room_for_two_an_approval_supersedes_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWL_REVIEW_GATE_OPEN_PER_AGENT_MAX", "2")
    async with gatehouse(tmp_path) as gate:
        await gate.import_config()
        base = await gate.main_commit()
        one, two = drafted(base, RULES[:1]), drafted(base, RULES[1:])
        first = await gate.opened(one, finished(one))
        second = await gate.opened(two, finished(two))
        await gate.decide(first, "approve")
        closed = await gate.in_state(second["proposal"]["proposal_id"], "superseded")
        assert "base was replaced" in closed["decided_reason"]
