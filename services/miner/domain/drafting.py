"""From a brief to one proposal, by statistics alone: the whole list, learned anew."""

from collections.abc import Sequence
from typing import Any

from pawl_sdk.bundle import Bundle, BundleError, apply_edits, compile_bundle

from libs.contracts.api import ExampleView
from libs.contracts.events import HunkEvidence, ProposalDrafted
from libs.learning import learn_best
from libs.learning.standing import cases_of, has_draft, kept_rules, labels_of
from services.miner.domain.assembling import Draft, proposal_of, was_refused
from services.miner.domain.brief import Brief
from services.miner.domain.checking import EditCheck, check_edits
from services.miner.domain.relearning import edits_to
from services.miner.domain.standing import harmful_rules

QUOTES_MAX = 3
QUOTE_CHARS_MAX = 240
EXEMPLARS_MAX = 5


def draft_statistically(brief: Brief) -> list[ProposalDrafted]:
    """The proposal, or none when nothing gains on the lessons or the same was refused before."""
    bundle = compile_bundle(brief.agent, brief.config.files)
    if bundle.spec.task is None or not brief.lessons:
        return []
    harmful = harmful_rules(bundle, brief.config.files, brief.lessons, brief.now.date())
    edits = [check.edit for check in harmful]
    left = compile_bundle(brief.agent, apply_edits(brief.config.files, edits))
    edits += _learned(left, brief)
    checks = check_edits(brief.agent, brief.config.files, edits, brief.lessons, brief.now.date())
    if not edits or sum(check.gain for check in checks) < 1 or was_refused(edits, brief):
        return []
    return [proposal_of(brief, _draft(brief, [_with_counts(check) for check in checks]))]


def _learned(bundle: Bundle, brief: Brief) -> list[dict[str, Any]]:
    assert bundle.spec.task is not None
    today, label = brief.now.date(), bundle.spec.task.label
    # Without a draft nobody knows what the agent would say without its rules: then they stay.
    anew = all(has_draft(example, label) for example in brief.lessons)
    kept = kept_rules(bundle) if anew else list(bundle.rules)
    rules = learn_best(cases_of(kept, label, brief.lessons, today)).rules
    edits = edits_to(bundle, rules, labels_of(brief.lessons), today.isoformat(), anew=anew)
    try:
        compile_bundle(brief.agent, apply_edits(brief.config.files, edits))
    except BundleError:
        return []
    return edits


def _with_counts(check: EditCheck) -> EditCheck:
    """A rule says in the config what it did to the lessons."""
    if check.edit["op"] != "add_rule":
        return check
    changed = len(check.won) + len(check.lost) + len(check.neutral)
    said = (
        f"{len(check.won)} put right, {len(check.lost)} made wrong "
        f"of {changed} reviewed cases that it changes"
    )
    rule = check.edit["rule"] | {"evidence": [said]}
    return EditCheck(check.edit | {"rule": rule}, check.fault, check.won, check.lost, check.neutral)


def _draft(brief: Brief, checks: Sequence[EditCheck]) -> Draft:
    because = {
        rule.id: rule.because for rule in compile_bundle(brief.agent, brief.config.files).rules
    }
    evidence = [_evidence(number, check, brief, because) for number, check in enumerate(checks)]
    wins, losses = sum(one.wins for one in evidence), sum(one.losses for one in evidence)
    return Draft(
        edits=tuple(check.edit for check in checks),
        evidence=tuple(evidence),
        title=_title(evidence),
        hypothesis=(
            f"The agent's config does not know what reviewers hold it to: on "
            f"{len(brief.lessons)} reviewed cases {_counted(len(checks), 'change')} put {wins} "
            f"right and {losses} wrong."
        ),
        author="statistical",
    )


def _evidence(index: int, check: EditCheck, brief: Brief, because: dict[str, str]) -> HunkEvidence:
    reasons = dict.fromkeys(one.reason.strip() for one in check.won if one.reason.strip())
    return HunkEvidence(
        edit_index=index,
        plain=_words(check, because),
        support=len(check.won) + len(check.lost) + len(check.neutral),
        wins=len(check.won),
        losses=len(check.lost),
        cluster_id=_cluster(check.won, brief),
        exemplars=tuple(one.trace_id for one in check.won[:EXEMPLARS_MAX]),
        quotes=tuple(reason[:QUOTE_CHARS_MAX] for reason in list(reasons)[:QUOTES_MAX]),
    )


def _words(check: EditCheck, because: dict[str, str]) -> str:
    if check.edit["op"] == "add_rule":
        return str(check.edit["rule"]["because"])
    said = because.get(str(check.edit["rule_id"]), "").rstrip(".")
    overruled = len(check.won) > len(check.lost)
    why = "reviewers overrule it" if overruled else "others say it better"
    return f'Take out the rule "{said}": {why}'


def _cluster(won: Sequence[ExampleView], brief: Brief) -> str | None:
    """The cluster that shares most traces with what the edit puts right."""
    traces = {one.trace_id for one in won}
    shared = [(len(traces & set(one.members)), one.cluster_id) for one in brief.clusters]
    count, cluster_id = max(shared, default=(0, ""))
    return cluster_id if count else None


def _title(evidence: Sequence[HunkEvidence]) -> str:
    strongest = max(evidence, key=lambda one: one.wins - one.losses)
    others = len(evidence) - 1
    return strongest.plain + (f", and {_counted(others, 'more change')}" if others else "")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")
