"""Everything is chosen inside the case: the prior, and how far back the log still holds."""

import random
from dataclasses import replace

from libs.facts import to_cel
from libs.learning import Case, Prior, choose_prior, learn, learn_best
from tests.libs.learning.world import agreement, cases


def permission(seed: int, count: int) -> list[Case]:
    """The agent forbids by tagged precedents what the reviewer allows without a word."""
    found = []
    for case in cases(seed, count, tags=False):
        tagged = case.expected == "reject"
        answered = "reject" if tagged else "flag"
        tag = "as-written" if tagged else None
        found.append(replace(case, answered=answered, precedent=tag, reason=""))
    return found


def turned(one: Case) -> Case:
    """The reviewer changes her mind of one team."""
    if one.facts["request.team"] != "Support" or one.expected == "reject":
        return one
    return replace(one, expected="reject", precedent=None, reason="")


def test_a_prior_that_punishes_untagged_permission_is_not_chosen_where_it_costs() -> None:
    found, fresh = permission(1, 120), permission(2, 400)
    chosen = choose_prior(found)
    assert agreement(learn(found, chosen), fresh) >= agreement(learn(found, Prior()), fresh)
    assert agreement(list(learn_best(found).rules), fresh) > 0.9


def test_of_few_cases_the_usual_prior_is_taken() -> None:
    assert choose_prior(cases(1, 20)) == Prior()


def test_the_prior_does_not_depend_on_the_order_of_cases() -> None:
    found = cases(5, 90, flips=0.1)
    assert choose_prior(found) == choose_prior(random.Random(2).sample(found, 90))


def test_a_log_that_does_not_change_is_learned_from_as_a_whole() -> None:
    windows = [learn_best(cases(seed, 160, flips=0.03)).window for seed in range(5)]
    assert [one.whole for one in windows] == [True] * 5
    assert windows[0].places == tuple(range(160))


def test_what_newer_reviews_contradict_is_left_out_and_the_rest_is_kept() -> None:
    before, after = cases(3, 150, tags=False), [turned(one) for one in cases(4, 150, tags=False)]
    after = [replace(one, key=f"r{one.key}") for one in after]
    fresh = [turned(one) for one in cases(5, 400)]
    learned = learn_best([*before, *after])
    assert not learned.window.whole
    assert len(learned.window.places) > 200
    assert agreement(list(learned.rules), fresh) > 0.97
    assert all(rule.answer != "approve" or _asks(rule.conditions) for rule in learned.rules)


def _asks(conditions: object) -> bool:
    return "Support" not in str(conditions)


def test_of_random_corrections_nothing_is_learned() -> None:
    chance = random.Random(4)
    empty = 0
    for seed in range(12):
        noisy = [
            replace(one, expected=chance.choice(("flag",) * 4 + ("approve",)), precedent=None)
            for one in cases(seed, 130, tags=False)
        ]
        noisy = [replace(one, reason="") for one in noisy]
        empty += not learn_best(noisy).rules
    assert empty >= 10


def test_rules_of_many_rows_are_those_of_some_of_them() -> None:
    fresh = cases(9, 300)
    rules = learn(cases(8, 4_000, flips=0.02))
    assert agreement(rules, fresh) > 0.97
    assert all(to_cel(rule.conditions, rule.optional) for rule in rules)
