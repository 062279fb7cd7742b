"""The last part of a pull request, for machines: ids, digests and figures, no free text."""

import json
import re
from typing import Any

from libs.contracts.events import EvidenceKind, ExperimentFinished, ProposalDrafted

_HEAD = "<details><summary>For machines: ids and digests</summary>\n\n```json pawl\n"
_TAIL = "\n```\n\n</details>"
_BLOCK = re.compile(r"```json pawl\n(\{[^`]*\})\n```\n\n</details>\s*\Z")
SCHEMA = 2
"""2: `evidence` with its kind, and which kinds suffice, in place of a split and its budget."""


def machine_block(
    proposal: ProposalDrafted,
    experiment: ExperimentFinished,
    branch: str,
    risk: str,
    sufficient: frozenset[EvidenceKind],
) -> str:
    """A folded JSON object at the very end of the body."""
    evidence, lessons = experiment.evidence, experiment.lessons
    document = {
        "schema": SCHEMA,
        "proposal_id": proposal.proposal_id,
        "experiment_id": experiment.experiment_id,
        "mining_run_id": proposal.mining_run_id,
        "agent": proposal.agent,
        "branch": branch,
        "base_commit": proposal.base_commit,
        "base_digest": proposal.base_digest,
        "candidate_digest": experiment.candidate_digest,
        "verdict": experiment.verdict,
        "risk": risk,
        "sufficient_evidence": sorted(sufficient),
        "evidence": evidence.model_dump(mode="json") if evidence else None,
        "lessons": lessons.model_dump(mode="json") if lessons else None,
    }
    text = json.dumps(document, indent=1, sort_keys=True).replace("`", "\\u0060")
    return f"{_HEAD}{text}{_TAIL}"


def read_machine_block(body: str) -> dict[str, Any]:
    """The object of `machine_block`; raises `ValueError` when the body does not end in one."""
    found = _BLOCK.search(body.replace("\r\n", "\n"))
    if found is None:
        raise ValueError("expected a body that ends in a ```json pawl block; it was edited away")
    document: dict[str, Any] = json.loads(found.group(1))
    return document
