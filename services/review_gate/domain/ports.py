"""What the gate needs from the outside: a forge, a store, the text of traces, a clock."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from libs.contracts.api import ProposalView
from libs.contracts.api.proposals import ProposalState
from libs.contracts.events import Decision, ExperimentFinished, ProposalDecided, ProposalDrafted

Now = Callable[[], datetime]
MAIN = "main"


@dataclass(frozen=True)
class Snapshot:
    """The files of one agent's folder (paths relative to it) at one commit."""

    commit: str
    files: Mapping[str, str]


@dataclass(frozen=True)
class Import:
    """The first config of an agent."""

    agent: str
    files: Mapping[str, str]
    author: str
    message: str
    at: datetime


@dataclass(frozen=True)
class Change:
    """A config as a person wants it, made from the files at `base_commit`."""

    agent: str
    base_commit: str
    files: Mapping[str, str]
    author: str
    message: str
    at: datetime

    @property
    def change_id(self) -> str:
        """The same change of the same base is the same, whoever sends it again."""
        said = json.dumps([self.agent, self.base_commit, sorted(self.files.items())])
        return f"change-{hashlib.sha256(said.encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class PullDraft:
    """A branch with one commit and its pull request. `files` is the whole folder afterwards."""

    agent: str
    branch: str
    base_commit: str
    files: Mapping[str, str]
    title: str
    body: str
    summary: str
    """One line for the commit status that the forge shows beside the pull request."""
    at: datetime


@dataclass(frozen=True)
class Pull:
    """A pull request as the forge knows it now."""

    branch: str
    head_commit: str
    state: Literal["open", "merged", "closed"] = "open"
    url: str | None = None
    merge_commit: str | None = None
    decided_by: str | None = None
    """Who merged or closed it on the forge itself."""
    approved_by: tuple[str, ...] = ()
    """Who approved exactly `head_commit` on the forge itself."""
    not_green: tuple[str, ...] = ()
    """Of a merged one: checks of `head_commit` that are red or still run."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Of a merged or closed one: what each person said last, by name."""


@dataclass(frozen=True)
class Merge:
    """What to merge, and the words of the merge commit."""

    agent: str
    branch: str
    head_commit: str
    message: str
    at: datetime


class Forge(Protocol):
    """Every method may be called again after a crash and then changes nothing more."""

    watches: bool
    """Whether people may also merge and close on the forge itself."""

    async def snapshot(self, agent: str, ref: str) -> Snapshot:
        """Raises `NotFoundError` when the commit, or the agent in it, is not there."""

    async def agents(self) -> tuple[str | None, tuple[str, ...]]:
        """The commit of main and the agents in it; None and nothing before the first commit."""

    async def import_agent(self, first: Import) -> Snapshot:
        """Commit an agent's first files to main; raises `ConflictError` when it has others."""

    async def open_pull(self, draft: PullDraft) -> Pull:
        """Make branch, commit and pull request, or find those made before."""

    async def pull(self, branch: str) -> Pull: ...

    async def merge(self, merge: Merge) -> str:
        """Merge exactly `head_commit` to main; the merge commit. `ConflictError` when it moved."""

    async def close(self, branch: str, comment: str) -> None: ...


@dataclass(frozen=True)
class Intent:
    """A decision that is taken and durable, but perhaps not yet carried out."""

    decision: Decision
    decided_by: str
    reason: str
    head_commit: str
    decided_at: datetime


class Reviews(Protocol):
    """The gate's own record. Each method is one transaction."""

    async def record_draft(self, event: ProposalDrafted) -> None: ...

    async def record_verdict(self, event: ExperimentFinished) -> None:
        """Also when the proposal itself has not come yet."""

    async def join_early_verdicts(self) -> None:
        """Pair what older versions left apart when draft and verdict came at the same moment."""

    async def get(self, proposal_id: str) -> ProposalView | None: ...

    async def in_state(
        self, state: ProposalState, agent: str | None = None
    ) -> Sequence[ProposalView]:
        """Oldest first."""

    async def conclude(self, view: ProposalView) -> None:
        """The experiment ended it: state refused or inconclusive, nothing to publish."""

    async def open(self, view: ProposalView) -> None:
        """From drafted to open; nothing when it is there or further."""

    async def claim(self, proposal_id: str, intent: Intent) -> Intent | None:
        """Take the one decision of a proposal; the intent in force, None when it is settled."""

    async def unclaim(self, proposal_id: str) -> None:
        """The decision could not be carried out: a person must decide again."""

    async def claimed(self) -> Sequence[tuple[ProposalView, Intent]]: ...

    async def settle(self, view: ProposalView, event: ProposalDecided) -> None:
        """Final state and the event in one transaction; nothing when it is settled."""

    async def record_import(
        self, first: Import, snapshot: Snapshot, decided: ProposalDecided
    ) -> None:
        """Remember the import and publish its decision in one transaction; once an agent."""

    async def imported_files(self, agent: str) -> Mapping[str, str] | None: ...


class Changes(Protocol):
    """The record of changes by hand. Each method is one transaction."""

    async def claim(self, change: Change) -> Change:
        """Write it down before anything is done; the one in force."""

    async def claimed(self, change_id: str) -> Change | None: ...

    async def waiting(self) -> Sequence[Change]: ...

    async def commit_of(self, change_id: str) -> str | None: ...

    async def settle(self, change: Change, commit: str, decided: ProposalDecided) -> None:
        """The commit and the event in one transaction, once."""

    async def unclaim(self, change_id: str) -> None: ...

    async def refuse(self, change: Change, decided: ProposalDecided) -> None:
        """Forget it and publish why in one transaction; nothing when it is settled."""


class TraceTexts(Protocol):
    """Reads what the exemplar traces say, to compare it with what a proposal adds."""

    async def texts(self, trace_ids: Sequence[str]) -> Sequence[str]: ...
