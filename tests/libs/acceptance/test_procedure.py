"""The procedure test: each review judges what was learned before it; the order of calls is all."""

import json
from collections.abc import Sequence

import numpy as np
import pytest

from libs.acceptance import Era, Review, ScheduleTerms, assess
from libs.contracts.events import Condition
from libs.learning import Case, LearnedRule

LEVEL = 0.008


def case(number: int, expected: str, kind: str = "a") -> Case:
    return Case(
        key=f"q{number:04d}",
        trace_id="",
        facts={"kind": kind},
        inputs={},
        answered="no",
        expected=expected,
        precedent=None,
        reason="",
    )


def log(rng: np.random.Generator, count: int, yes: float) -> list[Review]:
    found = [case(n, "yes" if rng.random() < yes else "no", "ab"[n % 2]) for n in range(count)]
    return [Review(3 * n, one.key, one, not one.wrong) for n, one in enumerate(found)]


def majority(cases: Sequence[Case]) -> list[LearnedRule]:
    """A greedy learner: for each kind, the answer that was right more often."""
    rules = []
    for kind in "ab":
        labels = [one.expected for one in cases if one.facts["kind"] == kind]
        answer = max(sorted(set(labels)), key=labels.count) if labels else "no"
        condition = Condition(fact="kind", op="eq", value=kind)
        rules.append(LearnedRule((condition,), answer, frozenset()))
    return rules


def test_when_nothing_can_be_learned_it_passes_in_at_most_its_level() -> None:
    """Answers are thrown like coins, so any rule gains nothing; the learner fits them all the
    same."""
    rng, runs, level = np.random.default_rng(1), 400, 0.05
    passed = sum(assess(log(rng, 200, 0.5), majority, Era(level)).passed for _ in range(runs))
    assert passed / runs <= level


def test_what_is_learned_passes_soon() -> None:
    era = assess(log(np.random.default_rng(2), 130, 0.8), majority, Era(LEVEL))
    assert era.passed
    assert era.wins > era.losses
    assert era.count < 80
    assert era.e_value >= 1 / LEVEL


def test_it_ends_the_same_however_the_log_is_cut_and_over_restarts() -> None:
    reviews = log(np.random.default_rng(3), 130, 0.6)
    whole = assess(reviews, majority, Era(LEVEL))
    chance, era, seen = np.random.default_rng(4), Era(LEVEL), 0
    while seen < len(reviews):
        seen = min(len(reviews), seen + int(chance.integers(1, 9)))
        era = assess(reviews[:seen], majority, era)
        era = Era.restore(json.loads(json.dumps(era.state())))
    assert era == whole


def test_reviews_of_another_incumbent_are_lessons_only() -> None:
    reviews = log(np.random.default_rng(5), 120, 0.9)
    earlier = [Review(one.position, one.group, one.case, None) for one in reviews[:60]]
    lessons: list[int] = []

    def learn(cases: Sequence[Case]) -> list[LearnedRule]:
        lessons.append(len(cases))
        return majority(cases)

    era = assess([*earlier, *reviews[60:66]], learn, Era(LEVEL))
    assert lessons == [60]
    assert (era.count, era.n) == (66, 6)


def test_a_candidate_never_sees_the_review_that_judges_it() -> None:
    reviews = log(np.random.default_rng(6), 130, 0.5)
    seen: list[tuple[int, int]] = []
    era = Era(LEVEL)

    def learn(cases: Sequence[Case]) -> list[LearnedRule]:
        seen.append((len(cases), era.n))
        return majority(cases)

    assess(reviews, learn, era)
    first = ScheduleTerms().first
    assert seen[0] == (first, 0)
    assert all(lessons == first + judged for lessons, judged in seen)
    assert 5 <= era.learnings <= 10


def test_near_copies_of_one_request_are_one_win() -> None:
    reviews = log(np.random.default_rng(7), 40, 1.0)
    copies = [Review(one.position, "same" if n > 25 else one.group, one.case, False)
              for n, one in enumerate(reviews)]  # fmt: skip
    apart = assess(reviews, majority, Era(LEVEL))
    together = assess(copies, majority, Era(LEVEL))
    assert apart.passed
    assert not together.passed
    assert together.wins > 12


def test_when_what_is_served_begins_to_fail_it_learns_at_once() -> None:
    rng = np.random.default_rng(8)
    old = [case(n, "no") for n in range(400)]
    new = [case(n, "yes" if rng.random() < 0.8 else "no") for n in range(400, 480)]
    lessons: list[int] = []

    def learn(cases: Sequence[Case]) -> list[LearnedRule]:
        lessons.append(len(cases))
        return majority(cases[-40:])

    reviews = [Review(n, one.key, one, not one.wrong) for n, one in enumerate([*old, *new])]
    era = assess(reviews, learn, Era(LEVEL))
    assert any(400 < count < 425 for count in lessons)
    assert era.passed


def test_another_log_is_refused() -> None:
    reviews = log(np.random.default_rng(9), 50, 0.5)
    era = assess(reviews, majority, Era(LEVEL))
    with pytest.raises(ValueError, match="50 reviews through position 147"):
        assess(reviews[1:], majority, era)
