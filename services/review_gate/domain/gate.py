"""From a verdict to an open pull request, or to a reason why there is none."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pawl_sdk.bundle import proposal_id

from libs.contracts.api import ProposalView
from libs.contracts.api.proposals import ProposalState
from libs.contracts.events import Decision, EvidenceResult, ExperimentFinished
from libs.contracts.evidence import kinds_that_suffice, needs_exact
from services.review_gate.domain.body import Page, body_of, summary_of, title_of
from services.review_gate.domain.candidate import Candidate, build_candidate
from services.review_gate.domain.errors import InvalidConfigError, NotFoundError
from services.review_gate.domain.inspection import exemplars_of, inspect
from services.review_gate.domain.ports import (
    MAIN,
    Forge,
    Pull,
    PullDraft,
    Reviews,
    Snapshot,
    TraceTexts,
)
from services.review_gate.domain.risk import Assessment, assess
from services.review_gate.domain.settlement import Settlement

EXEMPLARS_MAX = 20
WAY_ON = (
    "and came with procedure evidence; the way on: the same change is tested on reviews recorded "
    "from now on, or PAWL_REVIEW_GATE_PROCEDURE_SUFFICES names what it edits"
)


@dataclass(frozen=True)
class _Prepared:
    """Everything that is needed to open the pull request."""

    page: Page
    candidate: Candidate


class _TurnedAwayError(Exception):
    """Accepted by the experiment and yet not shown to a person."""

    def __init__(self, decision: Decision, reason: str, state: ProposalState | None = None) -> None:
        super().__init__(reason)
        self.decision = decision
        self.state = state


class Gate:
    """Every method may run again after a crash; the second time changes nothing more."""

    def __init__(
        self, reviews: Reviews, forge: Forge, traces: TraceTexts, settlement: Settlement
    ) -> None:
        self._reviews = reviews
        self._forge = forge
        self._traces = traces
        self._settlement = settlement

    async def advance(self, id_: str) -> None:
        """Do what the verdict asks for; nothing while proposal or verdict has not come."""
        view = await self._reviews.get(id_)
        if view is None:
            return
        async with self._settlement.turn(view.proposal.agent):
            view = await self._reviews.get(id_)
            if view and view.state == "drafted" and view.experiment:
                await self._judge(view, view.experiment)

    async def waiting(self) -> Sequence[str]:
        """Proposals that have a verdict and are not judged yet."""
        await self._reviews.join_early_verdicts()
        drafted = await self._reviews.in_state("drafted")
        return [view.proposal.proposal_id for view in drafted if view.experiment]

    async def _judge(self, view: ProposalView, experiment: ExperimentFinished) -> None:
        if experiment.verdict != "accept":
            await self._reviews.conclude(_concluded(view, experiment, self._settlement.now()))
            return
        try:
            base = await self._base(view)
            prepared = await self._prepare(view, experiment, base)
        except _TurnedAwayError as error:
            await self._settlement.turn_away(view, error.decision, str(error), error.state)
            return
        await self._open(view, prepared)
        await self._settlement.close_superseded(view.proposal.agent)

    async def _base(self, view: ProposalView) -> Snapshot:
        proposal = view.proposal
        try:
            base = await self._forge.snapshot(proposal.agent, proposal.base_commit)
            current = await self._forge.snapshot(proposal.agent, MAIN)
        except NotFoundError as error:
            raise _TurnedAwayError("rejected", f"its base is not there: {error}") from error
        if base.files != current.files:
            raise _TurnedAwayError(
                "superseded",
                f"its base {base.commit[:12]} was replaced on main by {current.commit[:12]}: "
                "the evidence is about an older config",
            )
        return base

    async def _prepare(
        self, view: ProposalView, experiment: ExperimentFinished, base: Snapshot
    ) -> _Prepared:
        evidence = self._sufficient(experiment)
        agent, edits = view.proposal.agent, experiment.edits
        try:
            candidate = await asyncio.to_thread(build_candidate, agent, base.files, edits)
        except InvalidConfigError as error:
            raise _TurnedAwayError("rejected", str(error)) from error
        said = await self._traces.texts(exemplars_of(view.proposal, EXEMPLARS_MAX))
        findings = await asyncio.to_thread(inspect, candidate, experiment, said)
        if findings:
            raise _TurnedAwayError("rejected", "; ".join(findings))
        risk = assess(candidate.before, candidate.after)
        page = self._page(view, experiment, evidence, candidate.diff, risk)
        return _Prepared(page, candidate)

    def _sufficient(self, experiment: ExperimentFinished) -> EvidenceResult:
        """The evidence, when the policy takes its kind for what this change touches."""
        evidence = experiment.evidence
        if evidence is None:
            raise _TurnedAwayError("rejected", "accepted without evidence")
        why = needs_exact(experiment.edits, self._settlement.policy.evidence)
        if evidence.kind == "procedure" and why:
            raise _TurnedAwayError("superseded", f"{why}, {WAY_ON}", "inconclusive")
        return evidence

    def _page(
        self,
        view: ProposalView,
        experiment: ExperimentFinished,
        evidence: EvidenceResult,
        diff: str,
        risk: Assessment,
    ) -> Page:
        proposal = view.proposal
        id_ = proposal_id(proposal.agent, proposal.base_commit, experiment.edits)
        return Page(
            proposal=proposal,
            experiment=experiment,
            evidence=evidence,
            sufficient=kinds_that_suffice(experiment.edits, self._settlement.policy.evidence),
            diff=diff,
            branch=f"pawl/{proposal.agent}/{id_.removeprefix('prop-')}",
            risk=risk.level,
            risk_reasons=risk.reasons,
            expires_at=self._settlement.policy.expires_at(experiment.finished_at),
        )

    async def _open(self, view: ProposalView, prepared: _Prepared) -> None:
        page = prepared.page
        draft = _pull_draft(page, prepared.candidate.files)
        pull = await self._forge.open_pull(draft)
        opened = _opened(view, draft, page, pull).model_copy(
            update={
                "evidence_expires_at": self._settlement.policy.expires_at(
                    page.experiment.finished_at
                ),
                "updated_at": self._settlement.now(),
            }
        )
        await self._reviews.open(opened)


def _concluded(view: ProposalView, experiment: ExperimentFinished, now: datetime) -> ProposalView:
    return view.model_copy(
        update={
            "state": "refused" if experiment.verdict == "reject" else "inconclusive",
            "decided_by": "experiments",
            "decided_reason": "; ".join(experiment.reasons) or "the experiment gave no reason",
            "decided_at": experiment.finished_at,
            "updated_at": now,
        }
    )


def _pull_draft(page: Page, files: Mapping[str, str]) -> PullDraft:
    return PullDraft(
        agent=page.proposal.agent,
        branch=page.branch,
        base_commit=page.proposal.base_commit,
        files=files,
        title=title_of(page),
        body=body_of(page),
        summary=summary_of(page),
        at=page.experiment.finished_at,
    )


def _opened(view: ProposalView, draft: PullDraft, page: Page, pull: Pull) -> ProposalView:
    return view.model_copy(
        update={
            "state": "open",
            "risk": page.risk,
            "risk_reasons": page.risk_reasons,
            "title": draft.title,
            "body": draft.body,
            "diff": page.diff,
            "branch": draft.branch,
            "head_commit": pull.head_commit,
            "pull_url": pull.url,
        }
    )
