"""GitHub as forge: one branch and one pull request per hypothesis. It never posts a review."""

from contextlib import suppress
from typing import Any

from services.review_gate.adapters.github_checks import not_green
from services.review_gate.adapters.github_client import GitHubClient
from services.review_gate.adapters.github_files import ROOT, GitHubFiles
from services.review_gate.adapters.github_pulls import find_pull, pull_of
from services.review_gate.domain.errors import (
    ConflictError,
    ForgeUnavailableError,
    NotFoundError,
)
from services.review_gate.domain.ports import MAIN, Import, Merge, Pull, PullDraft, Snapshot
from services.review_gate.domain.words import commit_message

STATUS_CHARS_MAX = 140


class GitHubForge:
    """People approve on GitHub or in the console; both end in the same decision."""

    watches = True

    def __init__(self, client: GitHubClient, bot: str = "pawl-bot") -> None:
        self._client = client
        self._bot = bot.casefold()
        self._files = GitHubFiles(client)

    @staticmethod
    def from_settings(url: str, repo: str, token: str, bot: str) -> "GitHubForge":
        return GitHubForge(GitHubClient.connect(url, repo, token), bot)

    async def close_client(self) -> None:
        await self._client.close()

    async def snapshot(self, agent: str, ref: str) -> Snapshot:
        try:
            return await self._files.snapshot(agent, ref)
        except NotFoundError:
            await self._check_readable()
            raise

    async def agents(self) -> tuple[str | None, tuple[str, ...]]:
        return await self._files.agents(MAIN)

    async def import_agent(self, first: Import) -> Snapshot:
        base = await self._main()
        try:
            there = await self._files.snapshot(first.agent, base["sha"])
        except NotFoundError:
            message = f"Import {first.agent}\n\n{first.message.strip()}\n"
            commit, _ = await self._files.write(
                base, first.agent, {}, first.files, message, first.at
            )
            await self._client.patch(f"git/refs/heads/{MAIN}", {"sha": commit, "force": False})
            return await self._files.snapshot(first.agent, commit)
        if there.files != first.files:
            raise ConflictError(
                f"{first.agent} is on main already with other files: read them, then change them"
            )
        return there

    async def open_pull(self, draft: PullDraft) -> Pull:
        there = await self._find(draft.branch)
        if there and there.state == "merged":
            return there
        head = await self._branch(draft)
        await self._client.post(
            f"statuses/{head}",
            {
                "state": "success",
                "context": "pawl/evidence",
                "description": draft.summary[:STATUS_CHARS_MAX],
            },
        )
        if there is None or there.state == "closed":  # that one was about another proposal
            await self._client.post(
                "pulls",
                {"title": draft.title, "body": draft.body, "head": draft.branch, "base": MAIN},
            )
        opened = await self.pull(draft.branch)
        if opened.head_commit != head:
            raise ConflictError(f"somebody pushed to {draft.branch} while it was opened")
        return opened

    async def pull(self, branch: str) -> Pull:
        found = await self._find(branch)
        if found is None:
            raise NotFoundError(f"there is no pull request of {branch} to main on GitHub")
        return found

    async def merge(self, merge: Merge) -> str:
        pull = await self.pull(merge.branch)
        if pull.head_commit != merge.head_commit:
            raise ConflictError(f"{merge.branch} is no longer at {merge.head_commit[:12]}")
        if pull.state == "merged" and pull.merge_commit:
            # The gate itself merges only what is green; checks may start again afterwards.
            if pull.not_green and (pull.decided_by or "").casefold() != self._bot:
                raise ConflictError(f"merged while not green: {', '.join(pull.not_green)}")
            return pull.merge_commit
        found = await find_pull(self._client, merge.branch)
        await self._check_mergeable(merge, found["number"])
        title, _, message = merge.message.partition("\n\n")
        body = {
            "sha": merge.head_commit,
            "merge_method": "merge",
            "commit_title": title,
            "commit_message": message,
        }
        merged = await self._client.put(f"pulls/{found['number']}/merge", body)
        return str(merged["sha"])

    async def close(self, branch: str, comment: str) -> None:
        found = await find_pull(self._client, branch)
        if found is None or found["state"] != "open":
            return
        await self._client.post(f"issues/{found['number']}/comments", {"body": comment})
        await self._client.patch(f"pulls/{found['number']}", {"state": "closed"})

    async def _find(self, branch: str) -> Pull | None:
        found = await find_pull(self._client, branch)
        return await pull_of(self._client, found["number"], branch) if found else None

    async def _check_readable(self) -> None:
        """GitHub says 404, too, when a token may no longer read a private repository."""
        with suppress(ConflictError):  # it can be read, and has no main yet
            try:
                await self._client.get(f"commits/{MAIN}")
            except NotFoundError as error:
                raise ForgeUnavailableError(f"main cannot be read, either: {error}") from error

    async def _main(self) -> Any:
        try:
            return await self._files.commit(MAIN)
        except (ConflictError, NotFoundError) as error:
            raise ConflictError(
                f"{self._client.repo} has no branch main: make a first commit there ({error})"
            ) from error

    async def _branch(self, draft: PullDraft) -> str:
        base = await self._files.commit(draft.base_commit)
        before = await self._files.snapshot(draft.agent, draft.base_commit)
        message = commit_message(draft.title, draft.body)
        commit, tree = await self._files.write(
            base, draft.agent, before.files, draft.files, message, draft.at
        )
        try:
            there = await self._client.get(f"git/ref/heads/{draft.branch}")
        except NotFoundError:
            ref = {"ref": f"refs/heads/{draft.branch}", "sha": commit}
            await self._client.post("git/refs", ref)
            return commit
        head = await self._files.commit(there["object"]["sha"])
        if head["commit"]["tree"]["sha"] != tree:
            raise ConflictError(f"{draft.branch} exists with another change on it")
        return str(head["sha"])

    async def _check_mergeable(self, merge: Merge, number: int) -> None:
        compared = await self._client.get(f"compare/{MAIN}...{merge.head_commit}")
        base = compared["merge_base_commit"]["sha"]
        before = await self._files.snapshot(merge.agent, base)
        now = await self._files.snapshot(merge.agent, MAIN)
        if before.files != now.files:
            raise ConflictError(
                f"agents/{merge.agent} changed on main since this change was made: "
                "it must be tested again"
            )
        async for file in self._client.each(f"pulls/{number}/files"):
            if not file["filename"].startswith(f"{ROOT}/{merge.agent}/"):
                raise ConflictError(f"the branch changes {file['filename']}: not merged")
        red = await not_green(self._client, merge.head_commit)
        if red:
            raise ConflictError(f"not green on GitHub: {', '.join(red)}; wait, or mend it")
