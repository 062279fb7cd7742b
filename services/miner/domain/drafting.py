"""From a brief to proposals, by statistics alone."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from pawl_sdk.bundle import Bundle, compile_bundle

from libs.contracts.events import HunkEvidence, ProposalDrafted
from libs.facts import plain, to_cel
from services.miner.domain.assembling import Draft, proposal_of, was_refused
from services.miner.domain.brief import Brief
from services.miner.domain.bundling import SealedTerms, choose, honesty_of
from services.miner.domain.evidence import RuleEffect, effects
from services.miner.domain.learning import LearnedRule, Prior, learn
from services.miner.domain.learning.case import case_of

ADDED = "added"
LEVEL_DEFAULT = 0.0125
SEALED_DEFAULT = 50


def draft_statistically(brief: Brief) -> list[ProposalDrafted]:
    """Best first; none when nothing is worth a sealed test."""
    bundle = compile_bundle(brief.agent, brief.config.files)
    cases = [case_of(one) for one in brief.examples if one.expected is not None]
    if bundle.spec.task is None:
        return []
    prior = Prior()
    rules = learn(cases, prior)
    if not rules:
        return []
    terms, drafts = _terms(brief), []
    for chosen in choose(rules, cases, terms, honesty_of(cases, prior)):
        kept = effects([rules[n] for n in chosen], cases)
        edits = [_edit(one, bundle, brief) for one in kept]
        if not was_refused(edits, brief):
            drafts.append(proposal_of(brief, _draft(brief, kept, edits)))
    return drafts


def _terms(brief: Brief) -> SealedTerms:
    ledger = brief.ledger
    if ledger is None:
        return SealedTerms(SEALED_DEFAULT, LEVEL_DEFAULT, 1)
    level = ledger.level_next or LEVEL_DEFAULT
    return SealedTerms(ledger.sealed_n, level, ledger.tests_max - ledger.tests_used)


def rule_id(rule: LearnedRule) -> str:
    """From what the rule says: the same rule has the same id in every run."""
    said = [[one.fact, one.op, one.value, one.of_list] for one in rule.conditions]
    text = json.dumps([said, rule.answer], sort_keys=True)
    return "r-" + hashlib.sha256(text.encode()).hexdigest()[:10]


def words_of_rule(rule: LearnedRule) -> str:
    """In plain words, for a reviewer."""
    return f"Answer {rule.answer} when " + " and ".join(plain(one) for one in rule.conditions)


def _edit(effect: RuleEffect, bundle: Bundle, brief: Brief) -> dict[str, Any]:
    """Before all earlier rules: what was learned last saw what they still got wrong."""
    assert bundle.spec.task is not None
    rule = effect.rule
    known = [one.id for one in bundle.rules]
    name = rule_id(rule)
    while name in known:
        name += "x"
    label = bundle.spec.task.label
    counts = f"{len(effect.won)} put right, {len(effect.lost)} made wrong"
    return {
        "op": "add_rule",
        "rule": {
            "id": name,
            "when": to_cel(rule.conditions, rule.optional),
            "then": {label: rule.answer},
            "because": words_of_rule(rule),
            "evidence": [f"{counts} of {len(effect.changed)} mined cases that it changes"],
            ADDED: brief.now.date().isoformat(),
            "expires": None,
        },
        "before": known[0] if known else None,
    }


def _draft(brief: Brief, kept: Sequence[RuleEffect], edits: Sequence[dict[str, Any]]) -> Draft:
    wins = sum(len(one.won) for one in kept)
    losses = sum(len(one.lost) for one in kept)
    evidence = tuple(
        HunkEvidence(
            edit_index=index,
            plain=words_of_rule(one.rule),
            support=len(one.changed),
            wins=len(one.won),
            losses=len(one.lost),
            cluster_id=one.cluster_id(brief.clusters),
            exemplars=one.exemplars(),
            quotes=one.quotes(),
        )
        for index, one in enumerate(kept)
    )
    return Draft(
        edits=tuple(edits),
        evidence=evidence,
        title=_title(kept),
        hypothesis=(
            f"Reviewers follow {len(kept)} habits that the agent's config does not know: on "
            f"{len(brief.examples)} mined cases these rules put {wins} right and {losses} wrong."
        ),
        author="statistical",
    )


def _title(kept: Sequence[RuleEffect]) -> str:
    strongest = max(kept, key=lambda one: one.gain)
    more = f", and {len(kept) - 1} more rules" if len(kept) > 1 else ""
    return words_of_rule(strongest.rule) + more
