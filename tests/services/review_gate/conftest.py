"""Two forges with one agent imported; what holds for one holds for the other."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pygit2
import pytest

from libs.testkit.fake_github import REPO, TOKEN, FakeGitHub
from libs.testkit.proposals import AT, FILES, RULES, drafted, finished
from services.review_gate.adapters.forge_github import GitHubForge
from services.review_gate.adapters.forge_local import LocalForge
from services.review_gate.adapters.github_client import GitHubClient
from services.review_gate.domain.ports import Forge, Import
from tests.services.review_gate.gatehouse import Gatehouse, gatehouse


@dataclass
class Workshop:
    """A forge, the repository behind it, and a person with git."""

    forge: Forge
    path: Path
    hub: FakeGitHub | None = None

    def head(self, branch: str) -> str:
        return str(self.repo.references[f"refs/heads/{branch}"].target)

    def push(self, branch: str, files: dict[str, str]) -> str:
        """Somebody commits files on top of a branch, past the gate."""
        tip = self.repo[self.head(branch)]
        index = pygit2.Index()
        index.read_tree(tip.tree)
        for path, text in files.items():
            blob = self.repo.create_blob(text.encode())
            index.add(pygit2.IndexEntry(path, blob, pygit2.enums.FileMode.BLOB))
        who = pygit2.Signature("Somebody", "somebody@example.com")
        tree = index.write_tree(self.repo)
        ref = f"refs/heads/{branch}"
        return str(self.repo.create_commit(ref, who, who, "By hand", tree, [tip.id]))

    @property
    def repo(self) -> Any:
        return pygit2.Repository(str(self.path))


async def local_workshop(path: Path) -> Workshop:
    forge = LocalForge(path / "config-repo.git")
    await forge.open()
    return Workshop(forge, path / "config-repo.git")


def github_workshop(path: Path) -> Workshop:
    hub = FakeGitHub(path / "github.git")
    client = GitHubClient.connect(
        "http://github.example", REPO, TOKEN, httpx.ASGITransport(hub.app)
    )
    return Workshop(GitHubForge(client), path / "github.git", hub)


FIRST = Import("procurement", FILES, "ada", "First config", AT)


@pytest.fixture(params=["local", "github"])
async def workshop(request: pytest.FixtureRequest, tmp_path: Path) -> Workshop:
    """A forge that already holds the procurement agent."""
    is_local = request.param == "local"
    made = await local_workshop(tmp_path) if is_local else github_workshop(tmp_path)
    await made.forge.import_agent(FIRST)
    return made


@pytest.fixture(autouse=True)
def _quick_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAWL_REVIEW_GATE_SWEEP_SECONDS", "0.2")
    monkeypatch.setenv("PAWL_REVIEW_GATE_GITHUB_WATCH_SECONDS", "0.2")


@pytest.fixture
async def gate(tmp_path: Path) -> AsyncIterator[Gatehouse]:
    async with gatehouse(tmp_path) as made:
        assert (await made.import_config()).status_code == 200
        yield made


@dataclass
class Street:
    """A gate and the GitHub that it works on."""

    gate: Gatehouse
    hub: FakeGitHub

    async def open(self, edits: Any = RULES) -> dict[str, Any]:
        draft = drafted(await self.gate.main_commit(), edits)
        return await self.gate.opened(draft, finished(draft))

    def merge_and_delete(self, number: int, login: str) -> None:
        """A repository may delete merged branches: the pull request knows its head all the same."""
        hub, branch = self.hub, self.hub.pull(number)["branch"]
        head, shown = hub.git.head(branch), hub.shown
        hub.merge(number, login)
        hub.git.repo.references.delete(f"refs/heads/{branch}")

        def with_head(pull: dict[str, Any]) -> dict[str, Any]:
            with mock.patch.object(hub.git, "head", return_value=head):
                return shown(pull)

        hub.shown = with_head  # type: ignore[method-assign]


@pytest.fixture
def slow_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name it before `street`: the gate looks at GitHub only when something else makes it."""
    monkeypatch.setenv("PAWL_REVIEW_GATE_GITHUB_WATCH_SECONDS", "600")


@pytest.fixture
async def street(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Street]:
    hub = FakeGitHub(tmp_path / "github.git")
    real = GitHubClient.connect

    def connect(url: str, repo: str, token: str) -> GitHubClient:
        return real(url, repo, token, httpx.ASGITransport(hub.app))

    monkeypatch.setattr(GitHubClient, "connect", connect)
    monkeypatch.setenv("PAWL_REVIEW_GATE_FORGE", "github")
    monkeypatch.setenv("PAWL_REVIEW_GATE_GITHUB_REPO", REPO)
    monkeypatch.setenv("PAWL_REVIEW_GATE_GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("PAWL_REVIEW_GATE_REVIEWERS", "ada,grace")
    async with gatehouse(tmp_path / "home") as gate:
        assert (await gate.import_config()).status_code == 200
        yield Street(gate, hub)
