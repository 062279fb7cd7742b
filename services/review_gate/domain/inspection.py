"""Whether a change that passed its experiment may be shown to a person at all."""

from collections.abc import Sequence

from libs.contracts.events import ExperimentFinished, ProposalDrafted
from services.review_gate.domain.added_text import Added, added_texts, all_text
from services.review_gate.domain.candidate import Candidate
from services.review_gate.domain.diff import changed_lines
from services.review_gate.domain.scan import find_copies, find_instructions, find_secrets


def exemplars_of(proposal: ProposalDrafted, traces_max: int) -> tuple[str, ...]:
    """The traces that the draft points to: where copied text would come from."""
    ids = dict.fromkeys(one for hunk in proposal.evidence for one in hunk.exemplars)
    return tuple(ids)[:traces_max]


def inspect(
    candidate: Candidate, experiment: ExperimentFinished, traces: Sequence[str]
) -> tuple[str, ...]:
    """Compare with what was tested, scan what was added; empty when nothing speaks against it."""
    added = added_texts(candidate.before, candidate.after)
    lines = _added_lines(candidate.diff)
    known = all_text(candidate.before)
    return (
        *_differs(candidate, experiment),
        *(find_secrets(added) or find_secrets(lines)),
        *(find_instructions(added) or find_instructions(lines)),
        *(find_copies(added, known, traces) or find_copies(lines, known, traces)),
    )


def _added_lines(diff: str) -> tuple[Added, ...]:
    """By file. A comment is in no bundle, yet it is merged, and read by people and models."""
    by_file: dict[str, list[str]] = {}
    for line in changed_lines(diff):
        if line.sign == "+":
            by_file.setdefault(line.file, []).append(line.text)
    return tuple(Added(file, "\n".join(texts)) for file, texts in by_file.items())


def _differs(candidate: Candidate, experiment: ExperimentFinished) -> tuple[str, ...]:
    found = []
    if candidate.before.digest != experiment.baseline_digest:
        found.append(
            f"the base compiles to {candidate.before.digest}, "
            f"the experiment compared with {experiment.baseline_digest}"
        )
    if candidate.after.digest != experiment.candidate_digest:
        found.append(
            f"the edits compile to {candidate.after.digest}, "
            f"the experiment tested {experiment.candidate_digest}"
        )
    if candidate.after.digest == candidate.before.digest:
        found.append("the edits change nothing")
    return tuple(found)
