"""The same gate with GitHub as forge: people may also decide over there."""

import httpx
import pytest

from libs.testkit.proposals import FILES, RULES, drafted, finished
from tests.services.review_gate.conftest import Street


async def test_a_proposal_becomes_a_pull_request_with_link_title_and_body(street: Street) -> None:
    view = await street.open()
    pull = street.hub.pull(1)
    assert (pull["title"], pull["body"]) == (view["title"], view["body"])
    assert view["pull_url"].endswith("/pull/1")


async def test_an_approval_in_the_console_merges_the_pull_request(street: Street) -> None:
    view = await street.open()
    settled = (await street.gate.decide(view, "approve")).json()
    assert street.hub.pull(1)["merged"]
    assert settled["merge_commit"] == street.hub.git.head("main")
    assert settled["bundle_digest"] == view["experiment"]["candidate_digest"]


async def test_a_rejection_in_the_console_closes_it_with_the_reason(street: Street) -> None:
    view = await street.open()
    await street.gate.decide(view, "reject", reason="not for @renewals")
    assert (street.hub.pull(1)["state"], street.hub.pull(1)["merged"]) == ("closed", False)
    assert street.hub.comments[1][-1]["body"] == "Rejected by `ada`: `not for @renewals`"


async def test_a_superseded_pull_request_links_to_its_successor(street: Street) -> None:
    await street.open(RULES[:1])
    await street.open(RULES[1:])
    await street.gate.said(2)
    assert street.hub.pull(1)["state"] == "closed"
    assert "/pull/2" in street.hub.comments[1][-1]["body"]


async def test_approved_and_merged_on_github_is_an_approval(street: Street) -> None:
    view = await street.open()
    street.hub.review(1, "grace", "APPROVED", "good")
    commit = street.hub.merge(1, "merge-robot")
    settled = await street.gate.in_state(view["proposal"]["proposal_id"], "approved")
    assert (settled["decided_by"], settled["merge_commit"]) == ("grace", commit)
    assert (await street.gate.said(2))[1].bundle_digest == settled["bundle_digest"]


async def test_closed_on_github_is_a_rejection_with_the_last_words(street: Street) -> None:
    view = await street.open()
    street.hub.comment(1, "ada", "wait for the new vendor list")
    street.hub.close(1, "ada")
    settled = await street.gate.in_state(view["proposal"]["proposal_id"], "rejected")
    assert (settled["decided_by"], settled["decided_reason"]) == (
        "ada",
        "wait for the new vendor list",
    )


async def test_merged_by_somebody_who_may_not_is_not_released(street: Street) -> None:
    view = await street.open()
    street.hub.merge(1, "mallory")
    settled = await street.gate.in_state(view["proposal"]["proposal_id"], "rejected")
    assert settled["bundle_digest"] is None
    assert "mallory, whom the policy forbids" in settled["decided_reason"]
    assert (await street.gate.said(2))[1].decision == "rejected"


async def test_untested_commits_merged_on_github_are_not_released(street: Street) -> None:
    view = await street.open()
    street.hub.git.push(
        view["branch"], {"agents/procurement/prompts/system.md": "Approve everything.\n"}
    )
    street.hub.review(1, "ada", "APPROVED")
    street.hub.merge(1, "ada")
    settled = await street.gate.in_state(view["proposal"]["proposal_id"], "rejected")
    assert "never tested" in settled["decided_reason"]


@pytest.mark.parametrize("ref", ["../issues/1", "a/../../b", "a..b", ".."])
async def test_a_ref_that_leads_out_of_the_commits_is_refused_at_the_door(
    slow_watch: None, street: Street, ref: str
) -> None:
    street.hub.calls.clear()
    answer = await street.gate.api.get("/api/v1/config-repo/procurement", params={"ref": ref})
    assert (answer.status_code, street.hub.calls) == (422, [])


@pytest.mark.parametrize("ref", ["main", "release/1.2", ".hidden", "v1."])
async def test_names_of_branches_are_looked_up(street: Street, ref: str) -> None:
    answer = await street.gate.api.get("/api/v1/config-repo/procurement", params={"ref": ref})
    assert answer.status_code == (200 if ref == "main" else 404)


async def test_a_repository_out_of_reach_throws_no_accepted_proposal_away(street: Street) -> None:
    draft = drafted(await street.gate.main_commit())
    await street.gate.send(draft)
    await street.gate.settle_down()
    street.hub.fail += [404] * 2
    await street.gate.send(finished(draft))
    await street.gate.in_state(draft.proposal_id, "open")


async def test_while_github_is_down_nothing_is_lost(street: Street) -> None:
    draft = drafted(await street.gate.main_commit())
    street.hub.fail += [503] * 3
    await street.gate.send(draft)
    await street.gate.send(finished(draft))
    await street.gate.in_state(draft.proposal_id, "open")
    assert [pull["number"] for pull in street.hub.pulls] == [1]


async def test_a_decision_while_github_is_down_says_try_again(street: Street) -> None:
    view = await street.open()
    street.hub.fail += [502] * 50  # the gate asks on its own account, too
    response = await street.gate.decide(view, "approve")
    street.hub.fail.clear()
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert (await street.gate.decide(view, "approve")).status_code == 200


async def test_an_approval_cut_short_by_an_outage_is_carried_out_later(street: Street) -> None:
    view = await street.open()

    def merge_is_down(number: int, login: str, message: str = "") -> str:
        street.hub.fail.append(502)
        raise httpx.ReadError("cut")

    real = street.hub.merge
    street.hub.merge = merge_is_down  # type: ignore[method-assign]
    response = await street.gate.decide(view, "approve")
    assert response.status_code == 503
    street.hub.merge = real  # type: ignore[method-assign]
    settled = await street.gate.in_state(view["proposal"]["proposal_id"], "approved")
    assert settled["decided_by"] == "ada"


async def test_a_change_by_hand_waits_for_checks_on_github(street: Street) -> None:
    base = await street.gate.main_commit()
    prompt = FILES | {"prompts/system.md": "Be brief.\n"}
    street.hub.checking = ("tests",)
    waits = await street.gate.import_config(prompt, base_commit=base)
    assert waits.status_code == 409
    assert "/pull/1 is merged when it may be: " in waits.json()["detail"]
    assert "no experiment has tested it" in street.hub.pull(1)["body"]
    street.hub.check(street.hub.git.head(street.hub.pull(1)["branch"]), "tests", "success")
    done = await street.gate.import_config(prompt, base_commit=base)
    assert done.status_code == 200
    assert street.hub.pull(1)["merged"]
    assert (await street.gate.said(2))[1].merge_commit == street.hub.git.head("main")


async def test_a_change_by_hand_that_is_closed_on_github_is_given_up(street: Street) -> None:
    base = await street.gate.main_commit()
    prompt = FILES | {"prompts/system.md": "Be brief.\n"}
    street.hub.checking = ("tests",)
    await street.gate.import_config(prompt, base_commit=base)
    street.hub.close(1, "grace")
    closed = await street.gate.import_config(prompt, base_commit=base)
    assert (closed.status_code, "was closed" in closed.json()["detail"]) == (409, True)
    assert await street.gate.main_commit() == base
