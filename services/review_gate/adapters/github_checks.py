"""Checks and statuses of a commit on GitHub."""

from services.review_gate.adapters.github_client import GitHubClient

_GREEN = {"success", "neutral", "skipped"}


async def not_green(client: GitHubClient, commit: str) -> tuple[str, ...]:
    """What is red or still runs, by name; nothing for a commit without checks."""
    at = f"commits/{commit}"
    runs = [
        f"{run['name']} ({run['conclusion'] or run['status']})"
        async for run in client.each(f"{at}/check-runs", within="check_runs")
        if run["conclusion"] not in _GREEN
    ]
    statuses = [
        f"{one['context']} ({one['state']})"
        async for one in client.each(f"{at}/status", within="statuses")
        if one["state"] != "success"
    ]
    return (*runs, *statuses)
