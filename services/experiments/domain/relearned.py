"""The learner run again, on the log alone: what an era shows, and whose a candidate is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pawl_sdk.bundle import Bundle, Rule

from libs.acceptance.learner import GrowingLearner
from libs.acceptance.procedure import Era, Review, assess
from libs.contracts.api import ExampleView
from libs.contracts.events import EvidenceResult, ProposalDrafted
from libs.learning import Case, LearnedRule, learn_best
from libs.learning.standing import cases_of, kept_rules, labels_of, says
from libs.stats.intervals import paired_difference
from services.experiments.domain.evidence import TestTerms


def learned_from(cases: Sequence[Case]) -> tuple[LearnedRule, ...]:
    """The list that all of these teach: the same one that the miner drafts."""
    return learn_best(cases).rules


def is_learned_from(
    baseline: Bundle,
    candidate: Bundle,
    views: Sequence[ExampleView],
    proposal: ProposalDrafted,
    today: date,
) -> bool:
    """Whether all that the candidate changes are learned rules, each one that the log teaches.

    Procedure evidence is about what the learner makes of reviews: of what anybody else wrote, or
    of a draft that says it is learned and is not, it says nothing. New rules stand in the order of
    the learned list, since the first that matches decides.
    """
    task, through = baseline.spec.task, proposal.learned_through
    if task is None or through is None or proposal.author != "statistical":
        return False
    if _but_learned_rules(baseline) != _but_learned_rules(candidate):
        return False
    lessons = [view for view in views if view.position <= through]
    rules = learned_from(cases_of(kept_rules(baseline), task.label, lessons, today))
    labels = labels_of(lessons)
    taught = {says(rule, task.label, labels): place for place, rule in enumerate(rules)}
    known = {rule.id for rule in baseline.rules}
    added = [_said(rule) for rule in candidate.rules if rule.id not in known]
    places = [taught.get(said, -1) for said in added]
    return -1 not in places and places == sorted(places)


def _said(rule: Rule) -> tuple[str, str]:
    return rule.when, json.dumps(dict(rule.then), sort_keys=True)


def _but_learned_rules(bundle: Bundle) -> dict[str, Any]:
    """Everything that the learner leaves alone."""
    kept = [rule.model_dump(mode="json") for rule in kept_rules(bundle)]
    return bundle.document() | {"rules": kept}


@dataclass(frozen=True)
class Assessed:
    """The era as it stands after the newest review, and its figures."""

    era: Era
    evidence: EvidenceResult


def assess_era(
    terms: TestTerms,
    era: Era,
    baseline: Bundle,
    views: Sequence[ExampleView],
    right: Mapping[int, bool],
    today: date,
) -> Assessed:
    """Take every review that the era has not seen.

    `right` says by position whether the incumbent answered as expected, for the reviews that count:
    the first word on each example, from after the incumbent was released.
    """
    task = baseline.spec.task
    if task is None:
        raise ValueError("the baseline has no task")
    kept = kept_rules(baseline)
    reviews = [
        Review(view.position, view.group, case, right.get(view.position))
        for view in views
        for case in cases_of(kept, task.label, [view], today)
    ]
    era = assess(reviews, GrowingLearner(), era)
    return Assessed(era, _evidence(terms, era, reviews))


def _evidence(terms: TestTerms, era: Era, reviews: Sequence[Review]) -> EvidenceResult:
    seen = [
        one.incumbent_right
        for one in reviews
        if one.position <= era.through and one.incumbent_right is not None
    ]
    scored = seen[len(seen) - era.n :]
    interval = paired_difference(era.wins, era.losses, era.n)
    before = sum(scored)
    return EvidenceResult(
        kind="procedure",
        test_number=terms.test_number,
        level=terms.level,
        budget=terms.budget,
        promoted_before=terms.promoted_before,
        n=era.n,
        groups=None,
        baseline_correct=before,
        candidate_correct=before + era.wins - era.losses,
        wins=era.wins,
        losses=era.losses,
        gain=(era.wins - era.losses) / era.n if era.n else 0.0,
        ci_low=interval.low,
        ci_high=interval.high,
        e_value=era.e_value,
        from_position=terms.from_position,
        through_position=max(era.through, terms.from_position),
    )
