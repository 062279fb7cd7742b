"""One pull request as GitHub knows it, in the gate's terms."""

from typing import Any

from services.review_gate.adapters.github_checks import not_green
from services.review_gate.adapters.github_client import GitHubClient
from services.review_gate.domain.errors import ForgeUnavailableError, NotFoundError
from services.review_gate.domain.ports import MAIN, Pull


async def find_pull(client: GitHubClient, branch: str) -> Any:
    """The newest pull request of a branch to main, open or not; None without one."""
    asked = {"base": MAIN, "state": "all", "sort": "created", "direction": "desc"}
    try:
        found = await client.get("pulls", head=f"{client.owner}:{branch}", **asked)
    except NotFoundError as error:  # a list may be empty, but it is there
        raise ForgeUnavailableError(f"{error}: check PAWL_REVIEW_GATE_GITHUB_TOKEN") from error
    return found[0] if found else None


async def pull_of(client: GitHubClient, number: int, branch: str) -> Pull:
    """State, who decided, and who approved exactly the head commit."""
    pull = await client.get(f"pulls/{number}")
    head = pull["head"]["sha"]
    reviews = [one async for one in client.each(f"pulls/{number}/reviews")]
    merged, closed = pull["merged"], pull["state"] == "closed"
    return Pull(
        branch=branch,
        head_commit=head,
        state="merged" if merged else "closed" if closed else "open",
        url=pull["html_url"],
        merge_commit=pull["merge_commit_sha"] if merged else None,
        decided_by=await _who(client, pull, merged, closed),
        approved_by=_approvers(reviews, head),
        not_green=await not_green(client, head) if merged else (),
        words=await _last_words(client, number, reviews) if closed or merged else {},
    )


async def _who(client: GitHubClient, pull: Any, merged: bool, closed: bool) -> str | None:
    if merged:
        person = pull["merged_by"]
    elif closed:
        person = (await client.get(f"issues/{pull['number']}"))["closed_by"]
    else:
        person = None
    return str(person["login"]) if person else None


def _approvers(reviews: list[Any], head: str) -> tuple[str, ...]:
    """A later review of the same person replaces the earlier one; comments change nothing."""
    latest: dict[str, Any] = {}
    for review in reviews:
        if review["user"] and review["state"] in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
            latest[review["user"]["login"]] = review
    return tuple(
        login
        for login, review in latest.items()
        if review["state"] == "APPROVED" and review["commit_id"] == head
    )


async def _last_words(client: GitHubClient, number: int, reviews: list[Any]) -> dict[str, str]:
    comments = [one async for one in client.each(f"issues/{number}/comments")]
    said = [(one["created_at"], one) for one in comments if one["user"] and one["body"]]
    said += [(one["submitted_at"], one) for one in reviews if one["user"] and one["body"]]
    by_time = sorted(said, key=lambda pair: pair[0])
    return {one["user"]["login"]: one["body"] for _, one in by_time}
