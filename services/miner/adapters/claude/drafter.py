"""Drafts with Claude; the statistical learner's proposals stand behind as alternatives."""

import asyncio
from collections.abc import Callable, Sequence

from pawl_sdk.bundle import compile_bundle

from libs.contracts.events import HunkEvidence, ProposalDrafted
from libs.llm.client import Claude
from libs.llm.errors import LlmError
from libs.runtime.logs import get_logger
from services.miner.adapters.claude.edits import words_of_edit
from services.miner.adapters.claude.graph import State, Work, build_graph
from services.miner.domain.assembling import Draft, proposal_of, was_refused
from services.miner.domain.brief import Brief
from services.miner.domain.checking import EditCheck, check_edits
from services.miner.domain.drafting import draft_statistically

QUOTES_MAX = 3
QUOTE_CHARS_MAX = 240
EXEMPLARS_MAX = 5
STEPS_MAX = 20
LOG = get_logger("miner")


class ClaudeDrafter:
    """Only used where a model is configured. Without an answer the statistical drafts are all."""

    author = "claude"

    def __init__(self, new_claude: Callable[[], Claude]) -> None:
        """`new_claude` gives one client with a fresh budget for each mining run."""
        self._new_claude = new_claude
        self._graph = build_graph()

    async def draft(self, brief: Brief) -> list[ProposalDrafted]:
        """Best first: Claude's, when it puts about as many mined cases right as the learner's."""
        statistical = await asyncio.to_thread(draft_statistically, brief)
        try:
            asked = await self._ask(brief, statistical)
        except LlmError as error:
            LOG.warning("drafting without the model", run=brief.mining_run_id, why=str(error))
            return statistical
        if asked is None or any(asked.proposal_id == one.proposal_id for one in statistical):
            return statistical
        first = _gain(asked) >= 0.8 * max((_gain(one) for one in statistical[:1]), default=0)
        return [asked, *statistical] if first else [*statistical[:1], asked, *statistical[1:]]

    async def _ask(
        self, brief: Brief, statistical: Sequence[ProposalDrafted]
    ) -> ProposalDrafted | None:
        bundle = compile_bundle(brief.agent, brief.config.files)
        if bundle.spec.task is None or not brief.lessons:
            return None
        claude = self._new_claude()
        work = Work(
            claude=claude,
            brief=brief,
            label=bundle.spec.task.label,
            known=tuple(rule.id for rule in bundle.rules),
            suggestions=tuple(one.plain for draft in statistical[:1] for one in draft.evidence),
            today=brief.now.date(),
        )
        try:
            state = await self._graph.ainvoke(State(work=work), {"recursion_limit": STEPS_MAX})
        finally:
            await claude.close()
        return _proposal(
            brief, work, state["checks"], state["hypotheses"].hypotheses[0].cause, state["model"]
        )


def _gain(proposal: ProposalDrafted) -> int:
    return sum(one.wins - one.losses for one in proposal.evidence)


def _proposal(
    brief: Brief, work: Work, checks: Sequence[EditCheck], cause: str, model: str
) -> ProposalDrafted | None:
    """Of the useful edits, counted again without the others; None when none is left."""
    edits = [check.edit for check in checks if check.useful]
    kept = check_edits(brief.agent, brief.config.files, edits, brief.lessons, work.today)
    kept = [check for check in kept if check.useful]
    edits = [_with_evidence(check) for check in kept]
    if not edits or was_refused(edits, brief):
        return None
    evidence = tuple(_evidence(index, check, brief) for index, check in enumerate(kept))
    more = f", and {len(kept) - 1} more changes" if len(kept) > 1 else ""
    title = max(kept, key=lambda one: one.gain)
    draft = Draft(
        edits=tuple(edits),
        evidence=evidence,
        title=words_of_edit(title.edit)[:200] + more,
        hypothesis=cause,
        author="claude",
        model=model,
    )
    return proposal_of(brief, draft)


def _with_evidence(check: EditCheck) -> dict[str, object]:
    if check.edit["op"] != "add_rule":
        return check.edit
    counts = f"{len(check.won)} put right, {len(check.lost)} made wrong"
    changed = len(check.won) + len(check.lost) + len(check.neutral)
    said = [f"{counts} of {changed} mined cases that it changes"]
    return check.edit | {"rule": check.edit["rule"] | {"evidence": said}}


def _evidence(index: int, check: EditCheck, brief: Brief) -> HunkEvidence:
    reasons = dict.fromkeys(one.reason.strip() for one in check.won if one.reason.strip())
    traces = {one.trace_id for one in check.won}
    shared = [(len(traces & set(one.members)), one.cluster_id) for one in brief.clusters]
    count, cluster_id = max(shared, default=(0, ""))
    return HunkEvidence(
        edit_index=index,
        plain=words_of_edit(check.edit),
        support=len(check.won) + len(check.lost) + len(check.neutral),
        wins=len(check.won),
        losses=len(check.lost),
        cluster_id=cluster_id if count else None,
        exemplars=tuple(one.trace_id for one in check.won[:EXEMPLARS_MAX]),
        quotes=tuple(reason[:QUOTE_CHARS_MAX] for reason in list(reasons)[:QUOTES_MAX]),
    )
