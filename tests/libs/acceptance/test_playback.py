"""A log played in order: what is served was proved before, and is judged before it learns."""

from benchmarks.lifetimes.logs import log_at_random, log_by_rules, play_turned
from libs.acceptance import PlayTerms, answer_of, play


def test_rules_behind_a_log_are_found_and_served_from_the_next_row_on() -> None:
    cases = log_by_rules(seed=1, rows=200, turns_at=None)
    ticks: list[int] = []
    played = play(cases, PlayTerms(), ticks.append)
    assert ticks == list(range(1, 201))
    assert len(played.served) == len(played.recorded) == len(played.learner) == 200
    first = played.promotions[0]
    assert first.kind == "procedure"
    assert first.e_value is not None
    assert first.e_value >= 1 / first.level
    assert played.served[: first.after] == played.recorded[: first.after]
    late = slice(first.after, None)
    assert sum(played.served[late]) / len(played.served[late]) > 0.85
    assert sum(played.recorded[late]) / len(played.recorded[late]) < 0.5
    assert played.rules == played.promotions[-1].rules
    assert {"procedure"} <= {test.kind for test in played.waiting}


def test_what_a_row_is_judged_by_was_learned_before_it() -> None:
    cases = log_by_rules(seed=2, rows=120, turns_at=None)
    whole, part = play(cases), play(cases[:90])
    assert whole.served[:90] == part.served
    assert whole.learner[:90] == part.learner
    assert whole.learner[0] is None


def test_added_and_removed_rules_lead_from_one_list_to_the_next() -> None:
    played = play(log_by_rules(seed=3, rows=200, turns_at=None))
    served: set[object] = set()
    for one in played.promotions:
        removed = {(rule.conditions, rule.answer) for rule in one.removed}
        assert removed <= served
        served = {(rule.conditions, rule.answer) for rule in one.rules}
        assert {(rule.conditions, rule.answer) for rule in one.added} <= served


def test_from_random_corrections_nothing_is_promoted() -> None:
    promoted = [bool(play(log_at_random(seed, 150)).promotions) for seed in range(12)]
    assert sum(promoted) <= 1


def test_the_served_answer_is_that_of_the_rules() -> None:
    cases = log_by_rules(seed=4, rows=150, turns_at=None)
    played = play(cases)
    last = played.promotions[-1]
    for number in range(last.after, len(cases)):
        case = cases[number]
        right = answer_of(last.rules, case.facts, case.answered) == case.expected
        assert played.served[number] == right


def test_an_empty_log_is_no_error() -> None:
    played = play([])
    assert (played.served, played.promotions, played.rules, played.candidate) == ((), (), (), ())


def test_a_reviewer_who_turns_round_is_followed() -> None:
    turned = play_turned(seed=1)
    assert turned.served_late > turned.recorded_late
    assert turned.replaced
