"""A bare git repository on disk: folders as trees, commits, and refs moved by compare-and-swap.

Objects are written first and a ref last, each synced to disk, so that a crash leaves at most
objects that nothing points to. Everything here blocks: call it off the event loop.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pygit2

from services.review_gate.domain.errors import ConflictError, InvalidConfigError, NotFoundError

ROOT = "agents"
_HEADS = "refs/heads/"
_FILE = pygit2.enums.FileMode.BLOB
_FOLDER = pygit2.enums.FileMode.TREE


def open_repository(path: Path) -> None:
    """Make the repository when it is missing; drop locks that a killed process left behind."""
    pygit2.option(pygit2.enums.Option.ENABLE_FSYNC_GITDIR, True)
    if not (path / "HEAD").exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        pygit2.init_repository(str(path), bare=True, initial_head="main")
    for lock in (*path.glob("*.lock"), *(path / "refs").rglob("*.lock")):
        lock.unlink(missing_ok=True)  # this process owns the folder: whoever held it is dead


class GitStore:
    """Opened per piece of work, since a libgit2 repository must not be shared by threads."""

    def __init__(self, path: Path) -> None:
        self.repo = pygit2.Repository(str(path))

    def tip(self, branch: str) -> pygit2.Oid | None:
        """The commit a branch points to."""
        reference = self.repo.references.get(_HEADS + branch)
        if reference is None:
            return None
        target = reference.target
        if not isinstance(target, pygit2.Oid):
            raise ConflictError(f"{branch} is a symbolic ref: point it at a commit")
        return target

    def at(self, commit: pygit2.Oid) -> pygit2.Commit:
        """The commit with this id."""
        found = self.repo.get(commit)
        if not isinstance(found, pygit2.Commit):
            raise NotFoundError(f"no commit {commit} in the config repo")
        return found

    def commit_of(self, ref: str) -> pygit2.Commit:
        """The commit of a branch or of a whole commit id."""
        tip = self.tip(ref) if pygit2.reference_is_valid_name(_HEADS + ref) else None
        try:
            return self.at(tip or pygit2.Oid(hex=ref))
        except ValueError as error:
            raise NotFoundError(f"no branch or commit {ref!r} in the config repo") from error

    def folder_of(self, commit: pygit2.Commit, agent: str) -> pygit2.Tree | None:
        """The agent's folder, None when it has none."""
        found: pygit2.Tree = commit.tree
        for name in (ROOT, agent):
            if name not in found:
                return None
            inner = found[name]
            if not isinstance(inner, pygit2.Tree):
                return None
            found = inner
        return found

    def agents_at(self, commit: pygit2.Oid) -> tuple[str, ...]:
        """Names of the agents' folders."""
        tree = self.at(commit).tree
        if ROOT not in tree:
            return ()
        inner = tree[ROOT]
        folders = inner if isinstance(inner, pygit2.Tree) else ()
        return tuple(sorted(str(one.name) for one in folders if isinstance(one, pygit2.Tree)))

    def read(self, folder: pygit2.Tree) -> dict[str, str]:
        """Every file under the folder, by path relative to it."""
        return dict(_texts(folder, ""))

    def write(self, files: Mapping[str, str]) -> pygit2.Oid:
        """A tree that holds exactly these files."""
        builder = self.repo.TreeBuilder()
        below: dict[str, dict[str, str]] = {}
        for path, text in sorted(files.items()):
            head, _, rest = path.partition("/")
            if rest:
                below.setdefault(head, {})[rest] = text
            else:
                builder.insert(head, self.repo.create_blob(text.encode()), _FILE)
        for name, inner in below.items():
            builder.insert(name, self.write(inner), _FOLDER)
        return builder.write()

    def root_with(self, base: pygit2.Commit | None, agent: str, folder: pygit2.Oid) -> pygit2.Oid:
        """The base's tree with the agent's folder replaced, and nothing else."""
        agents = base.tree[ROOT] if base is not None and ROOT in base.tree else None
        kept = agents if isinstance(agents, pygit2.Tree) else None
        inner = self.repo.TreeBuilder(kept) if kept is not None else self.repo.TreeBuilder()
        inner.insert(agent, folder, _FOLDER)
        outer = self.repo.TreeBuilder(base.tree) if base is not None else self.repo.TreeBuilder()
        outer.insert(ROOT, inner.write(), _FOLDER)
        return outer.write()

    def commit(
        self, tree: pygit2.Oid, parents: list[pygit2.Oid], message: str, author: str, at: datetime
    ) -> pygit2.Oid:
        """A commit that no ref points to yet; equal arguments give the equal commit."""
        who = pygit2.Signature(_name(author), "pawl@localhost", int(at.timestamp()), 0)
        return self.repo.create_commit(None, who, who, message, tree, parents)

    def move(self, branch: str, expected: pygit2.Oid | None, target: pygit2.Oid) -> None:
        """Point a branch elsewhere, only if it is where it was read; else `ConflictError`."""
        name = _HEADS + branch
        with self.repo.transaction() as transaction:
            transaction.lock_ref(name)
            if self.tip(branch) != expected:
                raise ConflictError(f"{branch} moved while it was changed: read it again")
            transaction.set_target(name, target, message="pawl")

    def first_parents(self, tip: pygit2.Oid) -> Iterator[pygit2.Commit]:
        """The line of a branch, newest first."""
        commit: pygit2.Commit | None = self.at(tip)
        while commit is not None:
            yield commit
            commit = commit.parents[0] if commit.parents else None


def _texts(tree: pygit2.Tree, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in tree:
        if isinstance(entry, pygit2.Tree):
            yield from _texts(entry, f"{prefix}{entry.name}/")
        elif isinstance(entry, pygit2.Blob):
            try:
                yield prefix + str(entry.name), entry.data.decode()
            except UnicodeDecodeError as error:
                raise InvalidConfigError(f"{prefix}{entry.name}: expected UTF-8 text") from error


def _name(author: str) -> str:
    """Git takes no angle brackets or line breaks in a name."""
    kept = " ".join("".join(c for c in author if c not in "<>\n\r\0").split())
    return kept or "unknown"
