"""The pull request on one screen: what it does, whether it works, how wide, how back.

Every text that did not come from Pawl itself is escaped or stands in a code span, so that a
trace or a comment of a reviewer cannot change how the page reads.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from libs.contracts.api.proposals import Risk
from libs.contracts.commands import rollback_command
from libs.contracts.events import (
    EvidenceKind,
    EvidenceResult,
    ExperimentFinished,
    ProposalDrafted,
)
from libs.contracts.hunks import Hunk, left_out, tested_hunks
from libs.proof import words
from libs.stats.figures import plural, points, share
from services.review_gate.domain.body_proof import proof
from services.review_gate.domain.diff import changed_lines
from services.review_gate.domain.machine_block import machine_block
from services.review_gate.domain.quoting import fenced, one_line, prose, quoted, unlinked

DIFF_LINES_OPEN_MAX = 24
QUOTES_MAX = 3
FLAG_CHARS_MAX = 600
TITLE_CHARS_MAX = 160


@dataclass(frozen=True)
class Page:
    """What the body is made of."""

    proposal: ProposalDrafted
    experiment: ExperimentFinished
    evidence: EvidenceResult
    sufficient: frozenset[EvidenceKind]
    """Which kinds of evidence the policy takes for this change."""
    diff: str
    branch: str
    risk: Risk
    risk_reasons: tuple[str, ...]
    expires_at: datetime
    """When a decision comes too late."""


def title_of(page: Page) -> str:
    """The hypothesis in short, with the kind of evidence, gain and n."""
    figures = f" ({words.short(page.evidence)})"
    return one_line(unlinked(page.proposal.title), TITLE_CHARS_MAX - len(figures)) + figures


def summary_of(page: Page) -> str:
    """One line for the commit status."""
    evidence = page.evidence
    return (
        f"{words.short(evidence)}, {evidence.wins} won, {evidence.losses} lost, "
        f"{words.against_bar(evidence)}"
    )


def body_of(page: Page) -> str:
    """Markdown for the forge."""
    hunks = tested_hunks(page.proposal, page.experiment)
    parts = [
        _headline(page),
        _flags(page),
        prose(page.proposal.hypothesis),
        _edits(page, hunks),
        proof(page.experiment),
        _blast_radius(page, hunks),
        _way_back(page),
        _diff(page),
        machine_block(page.proposal, page.experiment, page.branch, page.risk, page.sufficient),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _headline(page: Page) -> str:
    evidence, expires_at = page.evidence, page.expires_at.astimezone(UTC)
    caution = words.caution(evidence)
    lines = [
        f"**{evidence.kind.capitalize()} evidence: {points(evidence.gain)} points agreement with "
        f"reviewers** – {words.subject(evidence)}: {words.before_after(evidence)} "
        f"({words.gained(evidence)}; {words.against_bar(evidence)}).",
        *([f"**{caution}**"] if caution else []),
        f"**Risk {page.risk}** – {prose('; '.join(page.risk_reasons) or 'nothing is touched')}.",
        f"**Decide by {expires_at:%Y-%m-%d %H:%M} UTC**; after that the evidence no longer counts.",
    ]
    return "  \n".join(lines)


def _flags(page: Page) -> str:
    """What the checks noticed and did not refuse: a person has to look."""
    if not page.experiment.flags:
        return ""
    found = (f"- {prose(flag, FLAG_CHARS_MAX)}" for flag in page.experiment.flags)
    return "\n".join(["### Look at this first", "", *found])


def _edits(page: Page, hunks: tuple[Hunk, ...]) -> str:
    lines = ["### What it does", ""]
    for number, hunk in enumerate(hunks, 1):
        lines.append(f"{number}. **{prose(hunk.words, 400)}**  ")
        lines.append("   " + hunk.figures)
        quotes = (hunk.evidence.quotes if hunk.evidence else ())[:QUOTES_MAX]
        if quotes:
            lines[-1] += "  "
            lines.append("   Reviewers wrote: " + " · ".join(quoted(text) for text in quotes))
    dropped = left_out(page.proposal, page.experiment)
    if dropped:
        lines += ["", f"{plural(dropped, 'edit')} of the draft left out: nothing was lost by it."]
    return "\n".join(lines)


def _diff(page: Page) -> str:
    signs = [line.sign for line in changed_lines(page.diff)]
    added, removed = signs.count("+"), signs.count("-")
    is_open = " open" if len(page.diff.splitlines()) <= DIFF_LINES_OPEN_MAX else ""
    return (
        f"<details{is_open}><summary><b>Diff</b> (+{added} −{removed})</summary>\n\n"
        f"{fenced(page.diff, 'diff')}\n\n</details>"
    )


def _blast_radius(page: Page, hunks: tuple[Hunk, ...]) -> str:
    support = sum(hunk.evidence.support for hunk in hunks if hunk.evidence)
    unmeasured = sum(1 for hunk in hunks if not hunk.is_measured)
    lessons = page.experiment.lessons
    lines = [f"{plural(len(hunks), 'edit')}, nothing outside `agents/{page.proposal.agent}/`."]
    if unmeasured:
        lines.append(f"{plural(unmeasured, 'edit')} not measured: any answer may change.")
    elif lessons and lessons.n:
        reach = share(min(support, lessons.n), lessons.n)
        lines.append(f"Changes the answer on at most {reach} lessons.")
    lines.append(words.touched(page.evidence))
    return "### Blast radius\n\n" + " ".join(lines)


def _way_back(page: Page) -> str:
    command = rollback_command(page.proposal.agent, page.proposal.base_digest)
    return (
        "### Way back\n\n"
        "Running agents load the old config again within seconds, without a restart:\n\n"
        f"```sh\n{command}\n```"
    )
