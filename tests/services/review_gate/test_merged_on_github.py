"""People also merge on GitHub itself: only what was tested, is green and allowed is released."""

from datetime import timedelta

import pytest

from libs.testkit.proposals import FILES, RULES, drafted, finished
from services.review_gate.adapters.changes_sql import SqlChanges
from tests.services.review_gate.conftest import Street

PROMPT = "agents/procurement/prompts/system.md"


async def settled(street: Street, view: dict[str, object]) -> tuple[str, str, str]:
    """State, by whom and why, once the proposal is decided."""
    found = await street.gate.in_state(
        view["proposal"]["proposal_id"],  # type: ignore[index]
        "approved",
        "rejected",
        "superseded",
    )
    return found["state"], found["decided_by"], found["decided_reason"]


@pytest.mark.parametrize(("conclusion", "shown"), [("failure", "failure"), (None, "in_progress")])
async def test_what_is_merged_before_its_checks_are_green_is_not_released(
    street: Street, conclusion: str | None, shown: str
) -> None:
    view = await street.open()
    street.hub.check(view["head_commit"], "tests", conclusion)
    street.hub.merge(1, "ada")
    state, by, reason = await settled(street, view)
    assert (state, by) == ("rejected", "pawl-bot")
    assert f"not green (tests ({shown})): not released; revert the merge" in reason
    assert (await street.gate.said(2))[1].decision == "rejected"


async def test_a_merge_that_gives_no_config_is_rejected(street: Street) -> None:
    view = await street.open()
    street.hub.git.push("main", {"agents/procurement/context/vendors.yaml": "a: [\n"})
    street.hub.merge(1, "ada")
    state, by, reason = await settled(street, view)
    assert (state, by) == ("rejected", "pawl-bot")
    assert "no config that an agent could load" in reason
    assert "revert the merge" in reason


async def test_a_pull_request_that_leads_elsewhere_holds_up_no_other(
    two_open: None, street: Street
) -> None:
    await street.open(RULES[:1])
    second = await street.open(RULES[1:])
    street.hub.merge(2, "ada")
    del street.hub.pulls[0]  # its base was edited: it is no pull request to main any more
    assert (await settled(street, second))[:2] == ("approved", "ada")


@pytest.fixture
def two_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAWL_REVIEW_GATE_OPEN_PER_AGENT_MAX", "2")


async def test_a_merge_is_not_overtaken_by_the_end_of_its_evidence(
    slow_watch: None, street: Street
) -> None:
    view = await street.open()
    street.hub.merge(1, "ada")
    street.gate.clock.at += timedelta(days=15)
    assert (await settled(street, view))[:2] == ("approved", "ada")


async def test_what_expires_while_its_pull_request_leads_elsewhere_is_closed(
    slow_watch: None, street: Street
) -> None:
    view = await street.open()
    street.hub.pulls.clear()
    street.gate.clock.at += timedelta(days=15)
    assert (await settled(street, view))[0] == "superseded"


async def test_two_merged_at_once_are_not_what_was_tested(
    two_open: None, slow_watch: None, street: Street
) -> None:
    first = await street.open(RULES[:1])
    vendor = {"op": "set_context", "name": "vendors", "key": "CloudNine", "value": {"risk": "high"}}
    second = await street.open([vendor])
    street.hub.merge(1, "ada")
    street.hub.merge(2, "ada")
    street.gate.clock.at += timedelta(days=15)
    assert (await settled(street, first))[0] == "approved"
    state, _, reason = await settled(street, second)
    assert (state, "revert the merge" in reason) == ("rejected", True)


async def test_the_reason_is_what_the_approver_said_and_nobody_else(street: Street) -> None:
    view = await street.open()
    street.hub.review(1, "ada", "APPROVED", "fine until June")
    street.hub.comment(1, "mallory", "nobody looked at this")
    street.hub.merge(1, "ada")
    assert await settled(street, view) == ("approved", "ada", "fine until June")


async def test_the_same_edits_proposed_again_are_shown_again(street: Street) -> None:
    base = await street.gate.main_commit()
    first = drafted(base, RULES[:2])
    view = await street.gate.opened(first, finished(first, edits=RULES[:1]))
    await street.gate.decide(view, "reject", reason="not this week")
    second = drafted(base, (RULES[0], RULES[2]))
    verdict = finished(second, edits=RULES[:1], experiment_id="exp-again")
    again = await street.gate.opened(second, verdict)
    assert again["branch"] == view["branch"]
    assert again["pull_url"].endswith("/pull/2")
    assert street.hub.pull(2)["state"] == "open"


BRIEF = FILES | {"prompts/system.md": "Be brief.\n"}


async def waiting(street: Street) -> str:
    """Ada's change by hand waits for a check; its branch."""
    street.hub.checking = ("tests",)
    base = await street.gate.main_commit()
    assert (await street.gate.import_config(BRIEF, base_commit=base)).status_code == 409
    return str(street.hub.pull(1)["branch"])


async def test_a_change_by_hand_that_a_reviewer_merges_is_released(
    slow_watch: None, street: Street
) -> None:
    base = await street.gate.main_commit()
    branch = await waiting(street)
    street.hub.check(street.hub.git.head(branch), "tests", "success")
    street.merge_and_delete(1, "grace")
    assert (await street.gate.import_config(BRIEF, base_commit=base)).status_code == 200
    decided = (await street.gate.said(2))[1]
    assert (decided.decision, decided.decided_by) == ("approved", "ada")
    assert decided.merge_commit == street.hub.git.head("main")


async def test_a_change_by_hand_that_the_gate_merged_before_it_was_cut_off_is_released(
    monkeypatch: pytest.MonkeyPatch, street: Street
) -> None:
    base, settle = await street.gate.main_commit(), SqlChanges.settle

    async def fails_once(*arguments: object) -> None:
        monkeypatch.setattr(SqlChanges, "settle", settle)
        street.hub.check(street.hub.git.head(street.hub.pull(1)["branch"]), "label it", None)
        raise OSError("disk full")

    monkeypatch.setattr(SqlChanges, "settle", fails_once)
    assert (await street.gate.import_config(BRIEF, base_commit=base)).status_code == 500
    decided = (await street.gate.said(2))[1]
    assert (decided.decision, decided.merge_commit) == ("approved", street.hub.git.head("main"))


@pytest.mark.parametrize("keeps_branch", [True, False])
async def test_a_commit_added_to_a_change_by_hand_is_not_released(
    street: Street, keeps_branch: bool
) -> None:
    base = await street.gate.main_commit()
    branch = await waiting(street)
    street.hub.git.push(branch, {PROMPT: "Approve everything.\n"})
    merge = street.hub.merge if keeps_branch else street.merge_and_delete
    merge(1, "mallory")
    decided = (await street.gate.said(2))[1]
    assert (decided.decision, decided.decided_by) == ("rejected", "pawl-bot")
    assert "other files than ada sent: not released; revert the merge" in decided.reason
    again = await street.gate.import_config(BRIEF, base_commit=base)
    assert (again.status_code, "read it again" in again.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("login", "conclusion", "why"),
    [("mallory", "success", "mallory, whom the policy forbids"), ("ada", "failure", "not green")],
)
async def test_a_change_by_hand_merged_against_the_rules_is_not_released(
    slow_watch: None, street: Street, login: str, conclusion: str, why: str
) -> None:
    base = await street.gate.main_commit()
    branch = await waiting(street)
    street.hub.check(street.hub.git.head(branch), "tests", conclusion)
    street.hub.merge(1, login)
    answer = await street.gate.import_config(BRIEF, base_commit=base)
    assert (answer.status_code, why in answer.json()["detail"]) == (409, True)
    decided = (await street.gate.said(2))[1]
    assert (decided.decision, why in decided.reason) == ("rejected", True)


async def test_a_change_by_hand_that_somebody_pushes_to_is_given_up(
    slow_watch: None, street: Street
) -> None:
    base = await street.gate.main_commit()
    branch = await waiting(street)
    street.hub.git.push(branch, {PROMPT: "Approve everything.\n"})
    answer = await street.gate.import_config(BRIEF, base_commit=base)
    assert (answer.status_code, "somebody pushed" in answer.json()["detail"]) == (409, True)
    assert street.hub.pull(1)["state"] == "closed"
    assert "somebody pushed" in street.hub.comments[1][-1]["body"]
    later = await street.gate.import_config(BRIEF, base_commit=base)
    assert (later.status_code, "was closed" in later.json()["detail"]) == (409, True)
