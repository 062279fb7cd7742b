"""From edits with their evidence to a proposal; what was refused is known again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pawl_sdk.bundle import apply_edits, compile_bundle, proposal_id, unified_diff

from libs.contracts.events import HunkEvidence, ProposalDrafted
from services.miner.domain.brief import Brief

Edit = dict[str, Any]


@dataclass(frozen=True)
class Draft:
    """`evidence` has one entry an edit, in order. `model` is the one that answered."""

    edits: tuple[Edit, ...]
    evidence: tuple[HunkEvidence, ...]
    title: str
    hypothesis: str
    author: Literal["statistical", "claude"]
    model: str | None = None


def proposal_of(brief: Brief, draft: Draft) -> ProposalDrafted:
    """The event. Equal edits to the same base have the same id."""
    files, edits = brief.config.files, list(draft.edits)
    clusters = dict.fromkeys(one.cluster_id for one in draft.evidence if one.cluster_id)
    return ProposalDrafted(
        proposal_id=proposal_id(brief.agent, brief.config.commit, edits),
        agent=brief.agent,
        mining_run_id=brief.mining_run_id,
        base_commit=brief.config.commit,
        base_digest=compile_bundle(brief.agent, files).digest,
        title=draft.title,
        hypothesis=draft.hypothesis,
        author=draft.author,
        model=draft.model,
        edits=draft.edits,
        diff=unified_diff(files, apply_edits(files, edits)),
        evidence=draft.evidence,
        learned_through=brief.learned_through or None,
        cluster_ids=tuple(clusters),
        drafted_at=brief.now,
    )


def was_refused(edits: Sequence[Edit], brief: Brief) -> bool:
    """Whether the same change was refused before, whenever and with whatever evidence."""
    said = _said(edits)
    return any(_said(one) == said for one in brief.refused)


def _said(edits: Sequence[Edit]) -> list[str]:
    return sorted(json.dumps(_what(edit), sort_keys=True) for edit in edits)


def _what(edit: Edit) -> Any:
    """An edit without what may differ between two ways to say the same: ids, dates, evidence."""
    if edit.get("op") == "add_rule":
        rule = edit.get("rule", {})
        return [rule.get("when"), rule.get("then")]
    return edit
