"""From a brief to proposals, by statistics alone."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from pawl_sdk.bundle import Bundle, apply_edits, compile_bundle

from libs.contracts.api import ExampleView
from libs.contracts.events import HunkEvidence, ProposalDrafted
from libs.facts import in_words, to_cel
from libs.learning import LearnedRule, Prior, learn
from services.miner.domain.assembling import Draft, proposal_of, was_refused
from services.miner.domain.brief import Brief
from services.miner.domain.bundling import SealedTerms, choose, honesty_of
from services.miner.domain.cases import case_of
from services.miner.domain.checking import EditCheck
from services.miner.domain.evidence import (
    EXEMPLARS_MAX,
    QUOTE_CHARS_MAX,
    QUOTES_MAX,
    RuleEffect,
    effects,
)
from services.miner.domain.standing import answers_of, harmful_rules

ADDED = "added"
LEVEL_DEFAULT = 0.0125
SEALED_DEFAULT = 50


def draft_statistically(brief: Brief) -> list[ProposalDrafted]:
    """Best first; none when nothing is worth a sealed test."""
    bundle = compile_bundle(brief.agent, brief.config.files)
    if bundle.spec.task is None:
        return []
    today = brief.now.date()
    harmful = harmful_rules(bundle, brief.config.files, _labelled(brief), today)
    removals = [check.edit for check in harmful]
    left = compile_bundle(brief.agent, apply_edits(brief.config.files, removals))
    cases = [case_of(one) for one in answers_of(left, _labelled(brief), today)]
    prior = Prior()
    rules = learn(cases, prior)
    choices = choose(rules, cases, _terms(brief), honesty_of(cases, prior)) if rules else []
    drafts = []
    for chosen in choices or [[] for _ in harmful]:
        kept = effects([rules[n] for n in chosen], cases)
        edits = [*removals, *(_edit(one, left, brief) for one in kept)]
        if not was_refused(edits, brief):
            drafts.append(proposal_of(brief, _draft(brief, harmful, kept, edits)))
    return drafts


def _labelled(brief: Brief) -> list[ExampleView]:
    return [one for one in brief.examples if one.expected is not None]


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
    return f"Answer {rule.answer} when " + in_words(rule.conditions)


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


def _draft(
    brief: Brief,
    harmful: Sequence[EditCheck],
    kept: Sequence[RuleEffect],
    edits: Sequence[dict[str, Any]],
) -> Draft:
    evidence = [_against(number, check, brief) for number, check in enumerate(harmful)]
    evidence += [_for(len(harmful) + number, one, brief) for number, one in enumerate(kept)]
    wins, losses = sum(one.wins for one in evidence), sum(one.losses for one in evidence)
    return Draft(
        edits=tuple(edits),
        evidence=tuple(evidence),
        title=_title(evidence),
        hypothesis=(
            f"The agent's config does not know what reviewers hold it to: on "
            f"{len(brief.examples)} mined cases {_counted(len(edits), 'change')} put {wins} right "
            f"and {losses} wrong."
        ),
        author="statistical",
    )


def _for(index: int, effect: RuleEffect, brief: Brief) -> HunkEvidence:
    return HunkEvidence(
        edit_index=index,
        plain=words_of_rule(effect.rule),
        support=len(effect.changed),
        wins=len(effect.won),
        losses=len(effect.lost),
        cluster_id=effect.cluster_id(brief.clusters),
        exemplars=effect.exemplars(),
        quotes=effect.quotes(),
    )


def _against(index: int, check: EditCheck, brief: Brief) -> HunkEvidence:
    """Why a rule that was learned once goes."""
    rules = compile_bundle(brief.agent, brief.config.files).rules
    because = next(rule.because for rule in rules if rule.id == check.edit["rule_id"])
    reasons = dict.fromkeys(one.reason.strip() for one in check.won if one.reason.strip())
    return HunkEvidence(
        edit_index=index,
        plain=f'Take out the rule "{because.rstrip(".")}": reviewers overrule it',
        support=len(check.won) + len(check.lost) + len(check.neutral),
        wins=len(check.won),
        losses=len(check.lost),
        exemplars=tuple(one.trace_id for one in check.won[:EXEMPLARS_MAX]),
        quotes=tuple(reason[:QUOTE_CHARS_MAX] for reason in list(reasons)[:QUOTES_MAX]),
    )


def _title(evidence: Sequence[HunkEvidence]) -> str:
    strongest = max(evidence, key=lambda one: one.wins - one.losses)
    others = len(evidence) - 1
    return strongest.plain + (f", and {_counted(others, 'more change')}" if others else "")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")
