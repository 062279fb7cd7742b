"""Each edit that was tested, with why it is there and what is lost without it: for every page."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from libs.contracts.events import ExperimentFinished, HunkEvidence, HunkResult, ProposalDrafted

Edit = Mapping[str, JsonValue]
DESCRIPTION_CHARS_MAX = 300


@dataclass(frozen=True)
class Hunk:
    """One edit. `index` counts the edits of the draft; `shortened`: parts of that edit fell out."""

    index: int
    edit: Edit
    evidence: HunkEvidence | None
    result: HunkResult | None
    shortened: bool = False

    @property
    def is_measured(self) -> bool:
        """Whether the miner counted the answers that this edit changes, which is never none.

        What takes a run of the agent to tell, as a prompt does, has evidence with no support. Of an
        edit that was shortened only the draft's longer form was counted.
        """
        return not self.shortened and self.evidence is not None and self.evidence.support > 0

    @property
    def words(self) -> str:
        """What the edit does, in plain words; of a shortened one as it is written now."""
        if self.evidence is None:
            return _describe(self.edit)
        if self.shortened:
            return f"{_describe(self.edit)} (shortened; the draft said: {self.evidence.plain})"
        return self.evidence.plain

    @property
    def figures(self) -> str:
        """What it changes by itself, and what is lost without it."""
        parts = ["Not measured on its own."]
        if self.is_measured and self.evidence:
            one = self.evidence
            parts = [
                f"Changes {_plural(one.support, 'answer')} among the lessons: "
                f"{one.wins} to right, {one.losses} to wrong."
            ]
        if self.result and self.result.needed:
            parts.append(f"Needed: without it {_lost(self.result)}.")
        return " ".join(parts)


def tested_hunks(proposal: ProposalDrafted, experiment: ExperimentFinished) -> tuple[Hunk, ...]:
    """The edits of the experiment, in its order, each with the draft's evidence for it."""
    evidence = {one.edit_index: one for one in proposal.evidence}
    results = {one.edit_index: one for one in experiment.hunks}
    hunks = []
    for index, edit in zip(_origins(proposal, experiment), experiment.edits, strict=True):
        shortened = index >= 0 and _without_place(edit) != _without_place(proposal.edits[index])
        hunks.append(Hunk(index, edit, evidence.get(index), results.get(index), shortened))
    return tuple(hunks)


def _without_place(edit: Edit) -> Edit:
    """A rule that stands somewhere else, since its neighbour fell out, says the same."""
    return {key: value for key, value in edit.items() if key != "before" or "rule" not in edit}


def _origins(proposal: ProposalDrafted, experiment: ExperimentFinished) -> tuple[int, ...]:
    if experiment.edit_origins:
        return experiment.edit_origins
    known = list(proposal.edits)
    return tuple(known.index(edit) if edit in known else -1 for edit in experiment.edits)


def left_out(proposal: ProposalDrafted, experiment: ExperimentFinished) -> int:
    """How many edits of the draft were dropped because removing them lost nothing."""
    return len(set(range(len(proposal.edits))) - set(_origins(proposal, experiment)))


def _lost(result: HunkResult) -> str:
    """What leaving the edit out does to the other edits' figures."""
    parts = []
    if result.wins_lost > 0:
        parts.append(f"{_plural(result.wins_lost, 'win')} would be gone")
    if result.losses_avoided < 0:
        parts.append(f"{_plural(-result.losses_avoided, 'answer')} more would be wrong")
    return " and ".join(parts) or "the rest would gain less"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _describe(edit: Edit) -> str:
    rule = edit.get("rule")
    if isinstance(rule, Mapping):
        then = rule.get("then")
        fields = then.items() if isinstance(then, Mapping) else ()
        answer = ", ".join(f"{name} {value}" for name, value in fields)
        return f"When {rule.get('when')}: {answer}"[:DESCRIPTION_CHARS_MAX]
    named = {key: value for key, value in edit.items() if isinstance(value, str) and key != "op"}
    operation = str(edit.get("op", "edit")).replace("_", " ")
    told = ", ".join(f"{key} {value}" for key, value in sorted(named.items()))
    return f"{operation} {told}"[:DESCRIPTION_CHARS_MAX]
