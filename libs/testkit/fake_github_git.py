"""The git half of the fake GitHub: a real bare repository with one first commit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pygit2

_WHO = pygit2.Signature("Somebody", "somebody@example.com", 1_769_860_800, 0)


class Refused(Exception):
    """What GitHub would answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class FakeGit:
    """Git objects by their id, as strings of 40 hex digits."""

    def __init__(self, path: Path) -> None:
        self.repo: Any = pygit2.init_repository(str(path), bare=True, initial_head="main")
        self._commit("refs/heads/main", {"README.md": "Config of our agents.\n"}, [], "First")

    def head(self, branch: str) -> str:
        reference = self.repo.references.get(f"refs/heads/{branch}")
        if reference is None:
            raise Refused(404, "Not Found")
        return str(reference.target)

    def push(self, branch: str, files: dict[str, str]) -> str:
        """A person commits files on top of a branch."""
        tip = self.repo.get(self.head(branch))
        index = pygit2.Index()
        index.read_tree(tip.tree)
        return self._commit(f"refs/heads/{branch}", files, [tip.id], "By hand", index)

    def commit(self, ref: str) -> dict[str, Any]:
        commit = self._commit_of(ref)
        return {
            "sha": str(commit.id),
            "commit": {"tree": {"sha": str(commit.tree_id)}, "message": commit.message},
            "parents": [{"sha": str(parent)} for parent in commit.parent_ids],
        }

    def tree(self, sha: str, recursive: bool) -> list[dict[str, str]]:
        return list(self._entries(self.repo.get(sha), "", recursive))

    def blob(self, sha: str) -> bytes:
        return bytes(self.repo.get(sha).data)

    def make_tree(self, base: str, entries: list[dict[str, Any]]) -> str:
        index = pygit2.Index()
        index.read_tree(self.repo.get(base))
        for entry in entries:
            if entry.get("content") is None:
                index.remove(entry["path"])
            else:
                blob = self.repo.create_blob(entry["content"].encode())
                index.add(pygit2.IndexEntry(entry["path"], blob, pygit2.enums.FileMode.BLOB))
        return str(index.write_tree(self.repo))

    def make_commit(self, body: dict[str, Any]) -> str:
        parents = [pygit2.Oid(hex=one) for one in body["parents"]]
        tree = pygit2.Oid(hex=body["tree"])
        return str(self.repo.create_commit(None, _WHO, _WHO, body["message"], tree, parents))

    def create(self, branch: str, sha: str) -> None:
        try:
            self.repo.references.create(f"refs/heads/{branch}", pygit2.Oid(hex=sha))
        except pygit2.AlreadyExistsError as error:
            raise Refused(422, "Reference already exists") from error

    def fast_forward(self, branch: str, sha: str) -> None:
        if not self.repo.descendant_of(sha, self.head(branch)):
            raise Refused(422, "Update is not a fast forward")
        self.repo.references.get(f"refs/heads/{branch}").set_target(pygit2.Oid(hex=sha))

    def merge(self, branch: str, message: str) -> str:
        ours, theirs = self.head("main"), self.head(branch)
        index = self.repo.merge_commits(ours, theirs)
        if index.conflicts:
            raise Refused(405, "Pull Request is not mergeable")
        parents = [pygit2.Oid(hex=ours), pygit2.Oid(hex=theirs)]
        tree = index.write_tree(self.repo)
        return str(self.repo.create_commit("refs/heads/main", _WHO, _WHO, message, tree, parents))

    def changed(self, branch: str) -> list[str]:
        base = self.repo.merge_base(self.head("main"), self.head(branch))
        diff = self.repo.diff(self.repo.get(base), self.repo.get(self.head(branch)))
        return [delta.new_file.path for delta in diff.deltas]

    def merge_base(self, base: str, head: str) -> str:
        return str(self.repo.merge_base(self._commit_of(base).id, self._commit_of(head).id))

    def _commit(
        self,
        ref: str,
        files: dict[str, str],
        parents: list[pygit2.Oid],
        message: str,
        index: pygit2.Index | None = None,
    ) -> str:
        index = index or pygit2.Index()
        for path, text in files.items():
            blob = self.repo.create_blob(text.encode())
            index.add(pygit2.IndexEntry(path, blob, pygit2.enums.FileMode.BLOB))
        tree = index.write_tree(self.repo)
        return str(self.repo.create_commit(ref, _WHO, _WHO, message, tree, parents))

    def _commit_of(self, ref: str) -> Any:
        reference = self.repo.references.get(f"refs/heads/{ref}")
        found = None
        try:
            found = self.repo.get(reference.target if reference else pygit2.Oid(hex=ref))
        except ValueError:
            found = None
        if found is None:
            raise Refused(422, f"No commit found for SHA: {ref}")
        return found

    def _entries(self, tree: Any, prefix: str, recursive: bool) -> Iterator[dict[str, str]]:
        for entry in tree:
            kind = "tree" if isinstance(entry, pygit2.Tree) else "blob"
            yield {"path": prefix + entry.name, "type": kind, "sha": str(entry.id)}
            if recursive and kind == "tree":
                yield from self._entries(entry, f"{prefix}{entry.name}/", recursive)
