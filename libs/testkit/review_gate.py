"""A review gate at its HTTP boundary: files by commit, proposals by id."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from pawl_sdk.bundle import compile_bundle

from libs.contracts.api import ConfigFiles, ProposalView
from libs.contracts.events import (
    EvidenceResult,
    ExperimentFinished,
    ProposalDecided,
    ProposalDrafted,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def commit_of(text: str) -> str:
    """A commit id that depends on the text."""
    return hashlib.sha1(text.encode()).hexdigest()


def agent_files(threshold: float, agent: str = "buyer") -> dict[str, str]:
    """The smallest config of an agent."""
    return {
        "agent.yaml": f"name: {agent}\nparameters: {{threshold: {threshold}}}\n",
        "prompts/system.md": f"buy below {threshold}\n",
    }


@dataclass
class FakeReviewGate:
    """Approve with `approve`, import with `import_files`; break it through its fields."""

    down: bool = False
    files: dict[str, ConfigFiles] = field(default_factory=dict)
    proposals: dict[str, ProposalView] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)
    """By agent the digest that was approved last: what the next proposal is tested on."""
    evidence: EvidenceResult | None = None
    """What carries proposals that are approved from now on."""

    def import_files(
        self, files: Mapping[str, str], agent: str = "buyer", at: datetime = NOW
    ) -> ProposalDecided:
        commit = self.commit(files, agent)
        self.newest[agent] = self.files[commit].digest
        return ProposalDecided(
            proposal_id=f"import-{agent}",
            agent=agent,
            decision="approved",
            decided_by="ada",
            head_commit=commit,
            merge_commit=commit,
            bundle_digest=self.files[commit].digest,
            decided_at=at,
        )

    def approve(
        self,
        name: str,
        files: Mapping[str, str],
        at: datetime = NOW,
        baseline: str | None = None,
        **more: Any,
    ) -> ProposalDecided:
        """An accepted proposal, tested on the one before (or `baseline`); returns the event."""
        commit = self.commit(files, "buyer")
        digest = self.files[commit].digest
        tested_on = baseline or self.newest.get("buyer", "sha256:" + "0" * 64)
        self.newest["buyer"] = digest
        head = commit_of(f"head of {name}")
        self.proposals[name] = ProposalView(
            proposal=_draft(name, at),
            experiment=_accepted(name, tested_on, digest, at).model_copy(
                update={"evidence": self.evidence}
            ),
            state="approved",
            head_commit=head,
            merge_commit=commit,
            decided_by="ada",
            updated_at=at,
        )
        event = ProposalDecided(
            proposal_id=name,
            agent="buyer",
            decision="approved",
            decided_by="ada",
            head_commit=head,
            merge_commit=commit,
            experiment_id=f"exp-{name}",
            bundle_digest=digest,
            decided_at=at,
        )
        return event.model_copy(update=more)

    def commit(self, files: Mapping[str, str], agent: str) -> str:
        digest = compile_bundle(agent, files).digest
        commit = commit_of(digest)
        self.files[commit] = ConfigFiles(
            agent=agent, commit=commit, digest=digest, files=dict(files)
        )
        return commit

    def answer(self, request: httpx.Request) -> httpx.Response:
        """For `httpx.MockTransport`, and for a small server around it."""
        if self.down:
            return httpx.Response(503)
        name = request.url.path.rpartition("/")[2]
        if request.url.path.startswith("/api/v1/proposals/"):
            return _found(self.proposals.get(name))
        return _found(self.files.get(request.url.params.get("ref", "")))

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.MockTransport(self.answer), base_url="http://review-gate"
        )


def _found(model: ConfigFiles | ProposalView | None) -> httpx.Response:
    if model is None:
        return httpx.Response(404, json={"detail": "not here"})
    return httpx.Response(200, text=model.model_dump_json())


def _draft(name: str, at: datetime) -> ProposalDrafted:
    return ProposalDrafted(
        proposal_id=name,
        agent="buyer",
        mining_run_id="run",
        base_commit=commit_of("base"),
        base_digest="sha256:" + "0" * 64,
        title=name,
        hypothesis="it helps",
        author="statistical",
        edits=(),
        diff="",
        drafted_at=at,
    )


def _accepted(name: str, baseline: str, digest: str, at: datetime) -> ExperimentFinished:
    return ExperimentFinished(
        experiment_id=f"exp-{name}",
        proposal_id=name,
        agent="buyer",
        mining_run_id="run",
        verdict="accept",
        reasons=(),
        baseline_digest=baseline,
        candidate_digest=digest,
        edits=(),
        finished_at=at,
    )
