"""What only GitHub has: reviews, checks, people who merge there, outages."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from libs.testkit.fake_github import REPO, TOKEN, FakeGitHub
from services.review_gate.adapters.github_checks import not_green
from services.review_gate.adapters.github_client import GitHubClient
from services.review_gate.domain.errors import (
    ConflictError,
    ForgeUnavailableError,
    NotFoundError,
)
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


async def test_a_close_by_a_person_is_seen_with_everybodys_last_words(
    hub: tuple[Workshop, FakeGitHub],
) -> None:
    workshop, fake = hub
    fake.comment(1, "ada", "first thought")
    fake.review(1, "ada", "CHANGES_REQUESTED", "too broad for renewals")
    fake.comment(1, "grace", "fine by me")
    fake.close(1, "ada")
    pull = await workshop.forge.pull(BRANCH)
    assert (pull.state, pull.decided_by) == ("closed", "ada")
    assert pull.words == {"ada": "too broad for renewals", "grace": "fine by me"}


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


@pytest.mark.parametrize(("login", "counts"), [("ada", False), ("pawl-bot", True)])
async def test_only_its_own_merge_counts_when_checks_start_again_afterwards(
    hub: tuple[Workshop, FakeGitHub], login: str, counts: bool
) -> None:
    workshop, fake = hub
    head = workshop.head(BRANCH)
    commit = fake.merge(1, login)
    fake.check(head, "label it", None)
    if counts:
        assert await workshop.forge.merge(merge_of(head)) == commit
        return
    with pytest.raises(ConflictError, match="merged while not green: label it"):
        await workshop.forge.merge(merge_of(head))


async def test_checks_are_read_to_the_last_page() -> None:
    """GitHub shows 30 of them at once, or 100 when asked to."""
    runs = [{"name": f"check {n}", "conclusion": "success"} for n in range(120)]
    runs.append({"name": "security", "conclusion": "failure"})
    statuses = [{"context": f"status {n}", "state": "success"} for n in range(120)]
    statuses.append({"context": "licence", "state": "pending"})
    lists = {"check-runs": ("check_runs", runs), "status": ("statuses", statuses)}

    def answer(request: httpx.Request) -> httpx.Response:
        name, items = lists[request.url.path.rpartition("/")[2]]
        size = int(request.url.params.get("per_page", 30))
        page = int(request.url.params.get("page", 1))
        following = request.url.copy_merge_params({"page": page + 1})
        links = {"link": f'<{following}>; rel="next"'} if page * size < len(items) else {}
        return httpx.Response(
            200, json={name: items[(page - 1) * size : page * size]}, headers=links
        )

    client = GitHubClient.connect("http://github.example", REPO, TOKEN, httpx.MockTransport(answer))
    assert await not_green(client, "c" * 40) == ("security (failure)", "licence (pending)")


async def test_a_push_while_the_pull_request_is_opened_is_not_taken_for_what_was_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop = github_workshop(tmp_path)
    await workshop.forge.import_agent(FIRST)
    post = GitHubClient.post

    async def with_a_push(self: GitHubClient, path: str, body: dict[str, Any]) -> Any:
        answer = await post(self, path, body)
        if path == "pulls":
            workshop.push(BRANCH, {"agents/procurement/prompts/system.md": "Say yes.\n"})
        return answer

    monkeypatch.setattr(GitHubClient, "post", with_a_push)
    with pytest.raises(ConflictError, match="somebody pushed"):
        await workshop.forge.open_pull(draft(workshop.head(MAIN)))


@pytest.mark.parametrize("answers", [[404, 404], [404]])
async def test_a_repository_that_cannot_be_read_is_an_outage(
    hub: tuple[Workshop, FakeGitHub], answers: list[int]
) -> None:
    """GitHub says 404 to a token that lost its grant. One 404 may well be one missing thing."""
    workshop, fake = hub
    fake.fail += answers
    expected = ForgeUnavailableError if len(answers) > 1 else NotFoundError
    with pytest.raises(expected):
        await workshop.forge.snapshot("procurement", "a" * 40)


async def test_a_list_of_pull_requests_that_is_not_found_is_an_outage(
    hub: tuple[Workshop, FakeGitHub],
) -> None:
    workshop, fake = hub
    fake.fail.append(404)
    with pytest.raises(ForgeUnavailableError, match="TOKEN"):
        await workshop.forge.pull(BRANCH)


async def test_an_outage_says_how_long_to_wait() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, json={"message": "slow down"}, headers={"retry-after": "90"})

    client = GitHubClient.connect("http://github.example", REPO, TOKEN, httpx.MockTransport(answer))
    with pytest.raises(ForgeUnavailableError) as raised:
        await client.get("pulls")
    assert raised.value.retry_after_seconds == 90.0


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
