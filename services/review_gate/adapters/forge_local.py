"""The forge without a server: branches in a bare repository, pull requests in the gate's SQL."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pygit2

from services.review_gate.adapters.git_store import GitStore, open_repository
from services.review_gate.domain.errors import ConflictError, NotFoundError
from services.review_gate.domain.ports import MAIN, Import, Merge, Pull, PullDraft, Snapshot
from services.review_gate.domain.words import commit_message

T = TypeVar("T")
_BOT = "Pawl"


class LocalForge:
    """People approve in the console or with the CLI. One process owns the folder."""

    watches = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = threading.Lock()
        self._opening = threading.Lock()
        self._is_open = False

    async def open(self) -> None:
        """Make the repository ready; what comes earlier does so itself."""
        await asyncio.to_thread(self._store)

    async def snapshot(self, agent: str, ref: str) -> Snapshot:
        return await asyncio.to_thread(lambda: _snapshot(self._store(), agent, ref))

    async def agents(self) -> tuple[str | None, tuple[str, ...]]:
        return await asyncio.to_thread(lambda: _agents(self._store()))

    async def import_agent(self, first: Import) -> Snapshot:
        await self._write(lambda store: _import(store, first))
        return await self.snapshot(first.agent, MAIN)

    async def open_pull(self, draft: PullDraft) -> Pull:
        head = await self._write(lambda store: _branch(store, draft))
        return Pull(draft.branch, head)

    async def pull(self, branch: str) -> Pull:
        return Pull(branch, await asyncio.to_thread(lambda: _head(self._store(), branch)))

    async def merge(self, merge: Merge) -> str:
        return await self._write(lambda store: _merge(store, merge))

    async def close(self, branch: str, comment: str) -> None:
        """The branch stays: it is the only place of the change, and costs nothing."""

    async def _write(self, work: Callable[[GitStore], T]) -> T:
        def locked() -> T:
            with self._writing:
                return work(self._store())

        return await asyncio.to_thread(locked)

    def _store(self) -> GitStore:
        """Requests come while the service starts: locks are dropped once, before any is taken."""
        with self._opening:
            if not self._is_open:
                open_repository(self._path)
                self._is_open = True
        return GitStore(self._path)


def _snapshot(store: GitStore, agent: str, ref: str) -> Snapshot:
    commit = store.commit_of(ref)
    folder = store.folder_of(commit, agent)
    if folder is None:
        raise NotFoundError(f"there is no agents/{agent} at {ref}: import it first")
    return Snapshot(str(commit.id), store.read(folder))


def _agents(store: GitStore) -> tuple[str | None, tuple[str, ...]]:
    tip = store.tip(MAIN)
    return (str(tip), store.agents_at(tip)) if tip else (None, ())


def _head(store: GitStore, branch: str) -> str:
    return str(store.commit_of(branch).id)


def _import(store: GitStore, first: Import) -> None:
    tip = store.tip(MAIN)
    base = store.at(tip) if tip else None
    folder = store.write(first.files)
    there = store.folder_of(base, first.agent) if base is not None else None
    if there is not None:
        if there.id == folder:  # written before a crash
            return
        raise ConflictError(
            f"{first.agent} is on main already with other files: read them, then change them"
        )
    tree = store.root_with(base, first.agent, folder)
    message = f"Import {first.agent}\n\n{first.message.strip()}\n"
    commit = store.commit(tree, [tip] if tip else [], message, first.author, first.at)
    store.move(MAIN, tip, commit)


def _branch(store: GitStore, draft: PullDraft) -> str:
    base = store.commit_of(draft.base_commit)
    tree = store.root_with(base, draft.agent, store.write(draft.files))
    message = commit_message(draft.title, draft.body)
    commit = store.commit(tree, [base.id], message, _BOT, draft.at)
    there = store.tip(draft.branch)
    if there is None:
        store.move(draft.branch, None, commit)
    elif store.at(there).tree_id != tree:
        raise ConflictError(f"{draft.branch} exists with another change on it")
    return str(store.tip(draft.branch))


def _merge(store: GitStore, merge: Merge) -> str:
    tip = store.tip(MAIN)
    if tip is None:
        raise NotFoundError("the config repo has no main branch: import an agent first")
    if store.tip(merge.branch) != pygit2.Oid(hex=merge.head_commit):
        raise ConflictError(f"{merge.branch} is no longer at {merge.head_commit[:12]}")
    head = store.commit_of(merge.head_commit)
    done = _merged_before(store, tip, head)
    if done:
        return done
    folder = _changed_folder(store, store.at(tip), head, merge.agent)
    tree = store.root_with(store.at(tip), merge.agent, folder)
    commit = store.commit(tree, [tip, head.id], merge.message, _BOT, merge.at)
    store.move(MAIN, tip, commit)
    return str(commit)


def _merged_before(store: GitStore, tip: pygit2.Oid, head: pygit2.Commit) -> str | None:
    if not store.repo.descendant_of(tip, head.id):
        return None
    for commit in store.first_parents(tip):
        if head.id in commit.parent_ids[1:]:
            return str(commit.id)
    return str(head.id)  # a person fast-forwarded main by hand


def _base(store: GitStore, main: pygit2.Commit, head: pygit2.Commit) -> pygit2.Commit:
    found = store.repo.merge_base(main.id, head.id)
    if found is None:
        raise ConflictError(f"{head.id} has no history in common with main: not merged")
    return store.at(found)


def _changed_folder(
    store: GitStore, main: pygit2.Commit, head: pygit2.Commit, agent: str
) -> pygit2.Oid:
    """The agent's folder at head, if main's is still the one that it was made from."""
    base = _base(store, main, head)
    before, now = store.folder_of(base, agent), store.folder_of(main, agent)
    after = store.folder_of(head, agent)
    if after is None or before is None or now is None or before.id != now.id:
        raise ConflictError(
            f"agents/{agent} changed on main since this change was made: it must be tested again"
        )
    if store.root_with(base, agent, after.id) != head.tree_id:
        raise ConflictError(f"the branch changes files outside agents/{agent}: not merged")
    return after.id
