"""An agent's folder on GitHub: reading trees and blobs, writing trees and commits."""

import base64
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.review_gate.adapters.github_client import GitHubClient
from services.review_gate.domain.errors import InvalidConfigError, NotFoundError
from services.review_gate.domain.ports import Snapshot

ROOT = "agents"
CACHE_OBJECTS_MAX = 2000


class GitHubFiles:
    """Trees and blobs never change, so they are kept by their id."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client
        self._kept: OrderedDict[str, Any] = OrderedDict()

    async def snapshot(self, agent: str, ref: str) -> Snapshot:
        """The folder at a branch or commit; raises `NotFoundError`."""
        commit = await self.commit(ref)
        folder = await self._folder(commit["commit"]["tree"]["sha"], agent)
        if folder is None:
            raise NotFoundError(f"there is no agents/{agent} at {ref}: import it first")
        entries = await self._tree(folder, recursive=True)
        files = {
            entry["path"]: await self._text(entry["sha"], entry["path"])
            for entry in entries
            if entry["type"] == "blob"
        }
        return Snapshot(commit["sha"], files)

    async def agents(self, ref: str) -> tuple[str, tuple[str, ...]]:
        """The commit and the names of the agents' folders in it."""
        commit = await self.commit(ref)
        root = {one["path"]: one for one in await self._tree(commit["commit"]["tree"]["sha"])}
        inner = await self._tree(root[ROOT]["sha"]) if ROOT in root else []
        return commit["sha"], tuple(sorted(one["path"] for one in inner if one["type"] == "tree"))

    async def commit(self, ref: str) -> Any:
        """The commit as GitHub shows it; raises `NotFoundError` for an unknown branch or id."""
        try:
            return await self._client.get(f"commits/{ref}")
        except Exception as error:
            if "No commit found" in str(error):
                raise NotFoundError(f"no branch or commit {ref!r} on GitHub") from error
            raise

    async def write(
        self,
        base: Any,
        agent: str,
        before: Mapping[str, str],
        after: Mapping[str, str],
        message: str,
        at: datetime,
    ) -> tuple[str, str]:
        """Commit the difference on top of `base`; ids of commit and tree. No ref moves."""
        entries: list[dict[str, Any]] = [
            {"path": f"{ROOT}/{agent}/{path}", "mode": "100644", "type": "blob", "content": text}
            for path, text in sorted(after.items())
            if before.get(path) != text
        ]
        entries += [
            {"path": f"{ROOT}/{agent}/{path}", "mode": "100644", "type": "blob", "sha": None}
            for path in sorted(set(before) - set(after))
        ]
        tree = await self._client.post(
            "git/trees", {"base_tree": base["commit"]["tree"]["sha"], "tree": entries}
        )
        who = {"name": "Pawl", "email": "pawl@localhost", "date": _github_time(at)}
        commit = await self._client.post(
            "git/commits",
            {
                "message": message,
                "tree": tree["sha"],
                "parents": [base["sha"]],
                "author": who,
                "committer": who,
            },
        )
        return commit["sha"], tree["sha"]

    async def _folder(self, root: str, agent: str) -> str | None:
        found = root
        for name in (ROOT, agent):
            entries = {entry["path"]: entry for entry in await self._tree(found)}
            if name not in entries or entries[name]["type"] != "tree":
                return None
            found = entries[name]["sha"]
        return found

    async def _tree(self, sha: str, recursive: bool = False) -> list[Any]:
        params = {"recursive": "1"} if recursive else {}
        document = await self._keep(f"git/trees/{sha}", params)
        if document.get("truncated"):
            raise InvalidConfigError(f"tree {sha[:12]} is too large for GitHub's API: split it")
        entries: list[Any] = document["tree"]
        return entries

    async def _text(self, sha: str, path: str) -> str:
        blob = await self._keep(f"git/blobs/{sha}", {})
        try:
            return base64.b64decode(blob["content"]).decode()
        except UnicodeDecodeError as error:
            raise InvalidConfigError(f"{path}: expected UTF-8 text") from error

    async def _keep(self, path: str, params: dict[str, str]) -> Any:
        key = f"{path}?{params}"
        if key not in self._kept:
            self._kept[key] = await self._client.get(path, **params)
            if len(self._kept) > CACHE_OBJECTS_MAX:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _github_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
