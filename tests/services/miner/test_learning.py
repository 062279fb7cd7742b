"""The learner finds habits behind few and noisy decisions, and does not see what is not there."""

import random
from typing import Any

import pytest

from libs.facts import flatten
from libs.learning import Case, LearnedRule, Prior, learn
from services.miner.domain.bundling import SealedTerms, choose, honesty_of
from services.miner.domain.evidence import effects, first_match

VENDORS = ("Acme", "Birch", "Cobalt", "Dune", "Ember", "Fjord", "Gale", "Heron")
TEAMS = ("Design", "Legal", "Platform", "Support")


def request(chance: random.Random) -> dict[str, Any]:
    return {
        "vendor": chance.choice(VENDORS),
        "team": chance.choice(TEAMS),
        "amount": chance.choice((500, 1200, 2500, 4800, 7000, 9000, 15000, 30000)),
        "urgency": chance.choice(("routine", "urgent")),
    }


def habit(document: dict[str, Any]) -> tuple[str, str | None]:
    """A person's habits: what she decides where the agent would say flag, and why."""
    if document["vendor"] in ("Acme", "Birch"):
        return "reject", "blocked-vendor"
    if document["team"] == "Support":
        return "approve", "support-is-short-staffed"
    if document["amount"] < 2000:
        return "approve", "small-change"
    return "flag", None


def cases(seed: int, count: int, flips: float = 0.0, tags: bool = True) -> list[Case]:
    chance, found = random.Random(seed), []
    for number in range(count):
        document = request(chance)
        expected, tag = habit(document)
        if chance.random() < flips:
            expected = chance.choice(("approve", "reject", "flag"))
        found.append(
            Case(
                key=f"q{number:04d}",
                trace_id=f"{number:032x}",
                facts=flatten({"request": document, "draft": {"decision": "flag"}}),
                inputs=document,
                answered="flag",
                expected=expected,
                precedent=tag if tags and expected != "flag" else None,
                reason=f"because of {tag}" if tag else "",
            )
        )
    return found


def agreement(rules: list[LearnedRule], held_out: list[Case]) -> float:
    right = 0
    for case in held_out:
        index = first_match(rules, case)
        answer = case.answered if index is None else rules[index].answer
        right += answer == case.expected
    return right / len(held_out)


@pytest.mark.parametrize("tags", [True, False])
def test_habits_are_found_from_sixty_decisions_and_hold_on_fresh_ones(tags: bool) -> None:
    fresh = cases(999, 500)
    base = agreement([], fresh)
    learned = [agreement(learn(cases(seed, 60, flips=0.03, tags=tags)), fresh) for seed in range(5)]
    assert base < 0.55
    assert sum(learned) / 5 > 0.85


def test_the_order_of_cases_changes_nothing() -> None:
    found = cases(3, 50)
    assert learn(found) == learn(random.Random(1).sample(found, 50))


def test_without_any_wrong_answer_nothing_is_learned() -> None:
    right = [c for c in cases(4, 60) if not c.wrong]
    assert learn(right) == []
    assert learn([]) == []


def test_of_pure_noise_little_is_believed() -> None:
    """Labels drawn by lot: rules on it must be few, however long one looks for patterns."""
    chance = random.Random(8)
    counts = []
    for seed in range(5):
        noisy = [
            Case(
                **{
                    **vars(case),
                    "expected": chance.choice(("approve", "flag", "flag", "flag")),
                    "precedent": None,
                    "reason": "",
                }
            )
            for case in cases(seed, 60)
        ]
        counts.append(len(learn(noisy)))
    assert sum(counts) / 5 <= 4


def test_effects_count_first_matches_only() -> None:
    found = cases(5, 80)
    rules = learn(found)
    told = effects(rules, found)
    changed = [case.key for one in told for case in one.changed]
    assert len(changed) == len(set(changed))
    gain = agreement(rules, found) - agreement([], found)
    assert sum(one.gain for one in told) == pytest.approx(gain * len(found))


def test_a_proposal_is_as_small_as_the_sealed_test_allows() -> None:
    found = cases(6, 60)
    rules, honesty = learn(found), honesty_of(found, Prior())
    easy = choose(rules, found, SealedTerms(n=400, level=0.04, tests_left=4), honesty)
    hard = choose(rules, found, SealedTerms(n=12, level=0.01, tests_left=4), honesty)
    last = choose(rules, found, SealedTerms(n=400, level=0.04, tests_left=1), honesty)
    assert len(easy[0]) < len(hard[0]) == len(last[0])
    assert len({tuple(one) for one in easy}) == len(easy)


def test_a_sealed_test_that_cannot_be_passed_is_not_asked_for() -> None:
    found = cases(6, 60)
    rules, honesty = learn(found), honesty_of(found, Prior())
    assert choose(rules, found, SealedTerms(n=4, level=0.04, tests_left=4), honesty) == []


def test_honesty_is_lower_for_what_was_fitted_to_noise() -> None:
    real = honesty_of(cases(7, 60, flips=0.0), Prior())
    assert 0.5 < real.won_share <= 1.0
    assert real.lost_share_of_answers < 0.15
