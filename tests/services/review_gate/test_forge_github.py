"""What only GitHub has: reviews, checks, people who merge there, outages."""

from pathlib import Path

import pytest

from libs.testkit.fake_github import FakeGitHub
from services.review_gate.domain.errors import ConflictError, ForgeUnavailableError
from services.review_gate.domain.ports import MAIN
from tests.services.review_gate.conftest import FIRST, Workshop, github_workshop
from tests.services.review_gate.test_forges import BRANCH, draft, merge_of


@pytest.fixture
async def hub(tmp_path: Path) -> tuple[Workshop, FakeGitHub]:
    made = github_workshop(tmp_path)
    assert made.hub is not None
    await made.forge.import_agent(FIRST)
    await made.forge.open_pull(draft(made.head(MAIN)))
    return made, made.hub


async def test_the_evidence_stands_as_a_status_beside_the_commit(
    hub: tuple[Workshop, FakeGitHub],
) -> None:
    workshop, fake = hub
    status = fake.statuses[workshop.head(BRANCH)][0]
    assert (status["context"], status["state"]) == ("pawl/evidence", "success")
    assert status["description"] == "+3.0 points"


async def test_only_an_approval_of_the_head_commit_counts(
    hub: tuple[Workshop, FakeGitHub],
) -> None:
    workshop, fake = hub
    fake.review(1, "ada", "APPROVED")
    fake.review(1, "grace", "APPROVED")
    fake.review(1, "grace", "CHANGES_REQUESTED", "not this one")
    fake.review(1, "alan", "COMMENTED", "hm")
    assert (await workshop.forge.pull(BRANCH)).approved_by == ("ada",)
    workshop.push(BRANCH, {"agents/procurement/prompts/system.md": "Say yes.\n"})
    assert (await workshop.forge.pull(BRANCH)).approved_by == ()


async def test_a_merge_by_a_person_on_github_is_seen_with_its_author(
    hub: tuple[Workshop, FakeGitHub],
) -> None:
    workshop, fake = hub
    commit = fake.merge(1, "ada")
    pull = await workshop.forge.pull(BRANCH)
    assert (pull.state, pull.merge_commit, pull.decided_by) == ("merged", commit, "ada")
    assert await workshop.forge.merge(merge_of(pull.head_commit)) == commit


async def test_a_close_by_a_person_is_seen_with_the_last_words(
    hub: tuple[Workshop, FakeGitHub],
) -> None:
    workshop, fake = hub
    fake.comment(1, "ada", "first thought")
    fake.review(1, "ada", "CHANGES_REQUESTED", "too broad for renewals")
    fake.close(1, "ada")
    pull = await workshop.forge.pull(BRANCH)
    assert (pull.state, pull.decided_by, pull.comment) == (
        "closed",
        "ada",
        "too broad for renewals",
    )


@pytest.mark.parametrize("conclusion", ["failure", None])
async def test_nothing_is_merged_while_a_check_is_not_green(
    hub: tuple[Workshop, FakeGitHub], conclusion: str | None
) -> None:
    workshop, fake = hub
    head = workshop.head(BRANCH)
    fake.check(head, "unit tests", conclusion)
    with pytest.raises(ConflictError, match="unit tests"):
        await workshop.forge.merge(merge_of(head))
    assert not fake.pull(1)["merged"]


async def test_the_bot_never_posts_a_review(hub: tuple[Workshop, FakeGitHub]) -> None:
    workshop, fake = hub
    await workshop.forge.merge(merge_of(workshop.head(BRANCH)))
    assert not [call for call in fake.calls if call.startswith("POST") and "reviews" in call]


@pytest.mark.parametrize("status", [500, 502, 429, 403, 401])
async def test_an_outage_is_no_refusal(hub: tuple[Workshop, FakeGitHub], status: int) -> None:
    workshop, fake = hub
    fake.fail.append(status)
    with pytest.raises(ForgeUnavailableError, match=str(status)):
        await workshop.forge.pull(BRANCH)


async def test_an_open_that_died_halfway_is_completed(hub: tuple[Workshop, FakeGitHub]) -> None:
    workshop, fake = hub
    fake.pulls.clear()  # the branch was made, the pull request was not
    pull = await workshop.forge.open_pull(draft(fake.git.commit(MAIN)["sha"]))
    assert [one["number"] for one in fake.pulls] == [1]
    assert pull.head_commit == workshop.head(BRANCH)


async def test_trees_and_blobs_are_fetched_once(hub: tuple[Workshop, FakeGitHub]) -> None:
    workshop, fake = hub
    await workshop.forge.snapshot("procurement", MAIN)
    fake.calls.clear()
    await workshop.forge.snapshot("procurement", MAIN)
    assert fake.calls == ["GET /commits/main"]
