"""How many rules go into one proposal: as few as the sealed test is expected to see."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.learning import Case, LearnedRule, Prior, learn
from libs.stats.power import assurance_of_paired_test
from services.miner.domain.evidence import RuleEffect, effects, first_match

ASSURANCE_MIN = 0.85
ASSURANCE_FLOOR = 0.2
"""A sealed test spends level whether it passes or not: below this chance it is not worth one."""
FOLDS = 5


@dataclass(frozen=True)
class SealedTerms:
    """What the next sealed test will be held to."""

    n: int
    level: float
    tests_left: int


@dataclass(frozen=True)
class Honesty:
    """Out-of-fold wins and losses of the learner on these cases: what mined counts are worth."""

    won_share: float
    lost_share_of_answers: float


def honesty_of(cases: Sequence[Case], prior: Prior) -> Honesty:
    """Learn on four fifths, count on the fifth, in turn: mined counts flatter what was fitted."""
    ordered = sorted(cases, key=lambda case: case.key)
    fitted = won = lost = 0
    for fold in range(FOLDS):
        held_out = [case for n, case in enumerate(ordered) if n % FOLDS == fold]
        kept = [case for n, case in enumerate(ordered) if n % FOLDS != fold]
        rules = learn(kept, prior)
        fitted += sum(one.gain for one in effects(rules, kept))
        for case in held_out:
            index = first_match(rules, case)
            if index is not None and rules[index].answer != case.answered:
                won += rules[index].answer == case.expected
                lost += not case.wrong
    fitted_per_fold = max(1.0, fitted / (FOLDS - 1))
    return Honesty(min(1.0, won / fitted_per_fold), lost / max(1, len(ordered)))


def choose(
    rules: Sequence[LearnedRule], cases: Sequence[Case], terms: SealedTerms, honesty: Honesty
) -> list[list[int]]:
    """Sets of rules to propose, best first: the smallest that should pass, then all, then fewer.

    Rules that change no answer for the better are left out, and sets without a fair chance to
    pass; order in the list is kept.
    """
    useful = [n for n, one in enumerate(effects(rules, cases)) if one.gain > 0]
    ranked = sorted(useful, key=lambda n: (-effects([rules[n]], cases)[0].gain, n))
    chances = {
        size: _assurance(rules, ranked[:size], cases, terms, honesty)
        for size in range(1, len(ranked) + 1)
    }
    passing = [size for size, chance in chances.items() if chance >= ASSURANCE_MIN]
    smallest = passing[0] if passing and terms.tests_left > 1 else len(ranked)
    wanted = dict.fromkeys([smallest, len(ranked), *reversed(chances)])
    return [sorted(ranked[:one]) for one in wanted if chances.get(one, 0.0) >= ASSURANCE_FLOOR]


def _assurance(
    rules: Sequence[LearnedRule],
    chosen: Sequence[int],
    cases: Sequence[Case],
    terms: SealedTerms,
    honesty: Honesty,
) -> float:
    """The chance that these rules pass the sealed test; mined counts are taken with salt."""
    found: list[RuleEffect] = effects([rules[n] for n in sorted(chosen)], cases)
    total = sum(len(one.won) for one in effects(rules, cases))
    won = sum(len(one.won) for one in found)
    share = won / max(1, total)
    expected_losses = honesty.lost_share_of_answers * len(cases) * share
    lost = max(sum(len(one.lost) for one in found), round(expected_losses))
    honest = min(round(won * honesty.won_share), len(cases) - lost)
    return assurance_of_paired_test(terms.n, len(cases), honest, lost, terms.level)
