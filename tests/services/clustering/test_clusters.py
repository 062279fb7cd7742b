"""Failures with one cause end up together, under an id that lasts."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from libs.facts import flatten
from services.clustering.domain.find import Found, Terms, find_clusters
from services.clustering.domain.lifecycle import Known, advance, to_event
from services.clustering.domain.runs import CONFIRMED, Run

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WRONG = "override:approve->reject"
DEPARTMENTS = ("Engineering", "Marketing", "Sales")


def run(number: int, failure: str = CONFIRMED, precedent: str | None = None, **facts: Any) -> Run:
    known = {"request": {"department": DEPARTMENTS[number % 3], "amount": 100 * (number % 17)}}
    known["request"] |= facts
    return Run(f"r{number:03d}", f"{number:032x}", failure, flatten(known), precedent)


def sixty(vendor_wrong: str = "Acme", precedent: str | None = None) -> list[Run]:
    """Sixty runs over six vendors; every run with one of them fails."""
    vendors = ("Acme", "Birch", "Cobalt", "Dune", "Ember", "Fjord")
    runs = []
    for number in range(60):
        vendor = vendors[number % 6]
        failure = WRONG if vendor == vendor_wrong else CONFIRMED
        tag = precedent if failure else None
        runs.append(run(number, failure, tag, vendor=vendor))
    return runs


def test_the_fact_that_the_failing_runs_share_is_found() -> None:
    [cluster] = find_clusters("a", sixty(), Terms())
    assert [(c.fact, c.op, c.value) for c in cluster.conditions] == [
        ("request.vendor", "eq", "Acme")
    ]
    assert len(cluster.members) == 10
    assert "where the request's vendor is Acme" in cluster.name


def test_a_combination_is_found_where_one_fact_is_not_enough() -> None:
    runs = []
    for number in range(90):
        vendor = ("Acme", "Birch")[number // 3 % 2]
        wrong = vendor == "Acme" and number % 3 == 1
        runs.append(run(number, WRONG if wrong else CONFIRMED, vendor=vendor))
    [cluster] = find_clusters("a", runs, Terms())
    assert {(c.fact, c.value) for c in cluster.conditions} == {
        ("request.vendor", "Acme"),
        ("request.department", "Marketing"),
    }


def test_two_causes_with_one_failure_are_told_apart_by_precedent() -> None:
    runs = sixty(precedent="double-billed")
    runs += [run(100 + n, WRONG, "campaign", vendor="Gale", urgency="urgent") for n in range(5)]
    runs += [run(200 + n, vendor="Gale", urgency="routine") for n in range(5)]
    found = find_clusters("a", runs, Terms())
    assert sorted(len(one.members) for one in found) == [5, 10]


def test_failures_without_a_common_fact_stay_in_one_cluster_without_conditions() -> None:
    chance = random.Random(7)
    runs = [
        run(n, WRONG if chance.random() < 0.08 else CONFIRMED, vendor=f"V{n % 5}")
        for n in range(80)
    ]
    found = find_clusters("a", runs, Terms(precision_min=0.95))
    assert sum(len(one.members) for one in found) == sum(r.failure == WRONG for r in runs)
    assert any(one.conditions == () for one in found)


def test_no_failures_make_no_clusters() -> None:
    assert find_clusters("a", [run(n) for n in range(20)], Terms()) == []
    assert find_clusters("a", [], Terms()) == []


def test_the_order_of_runs_changes_nothing() -> None:
    runs = sixty()
    shuffled = random.Random(3).sample(runs, len(runs))
    assert find_clusters("a", runs, Terms()) == find_clusters("a", shuffled, Terms())


def step(known: list[Known], found: list[Found], days: float) -> list[Known]:
    """The whole state after a look."""
    changed = advance("a", known, found, NOW + timedelta(days=days), 7.0)
    ids = {one.view.cluster_id: one for one in (*known, *changed)}
    return list(ids.values())


def test_an_unchanged_cluster_is_not_published_again() -> None:
    found = find_clusters("a", sixty(), Terms())
    known = step([], found, 0)
    assert advance("a", known, found, NOW, 7.0) == []


def test_a_cluster_that_grows_keeps_its_id_and_gets_a_revision_and_a_trend() -> None:
    first = step([], find_clusters("a", sixty(), Terms()), 0)
    more = sixty() + [run(300 + n, WRONG, vendor="Acme") for n in range(4)]
    [grown] = advance("a", first, find_clusters("a", more, Terms()), NOW + timedelta(days=2), 7.0)
    assert grown.view.cluster_id == first[0].view.cluster_id
    assert (grown.view.size, grown.view.revision) == (14, 2)
    assert grown.view.trend_per_day > 0


def test_a_cluster_keeps_its_id_when_its_description_is_refined() -> None:
    first = step([], find_clusters("a", sixty(), Terms()), 0)
    refined = sixty() + [run(400 + n, vendor="Acme", amount=9000 + n) for n in range(12)]
    found = find_clusters("a", refined, Terms())
    [after] = [k for k in step(first, found, 1) if k.view.status == "open" and k.view.conditions]
    assert after.view.conditions != first[0].view.conditions
    assert after.view.cluster_id == first[0].view.cluster_id


def test_a_cluster_is_resolved_when_its_runs_are_confirmed_and_opens_again_under_its_id() -> None:
    found = find_clusters("a", sixty(), Terms())
    known = step([], found, 0)
    [resolved] = advance("a", known, [], NOW, 7.0)
    assert (resolved.view.status, resolved.view.size, resolved.view.members) == ("resolved", 0, ())
    [again] = advance("a", [resolved], found, NOW, 7.0)
    assert (again.view.status, again.view.revision) == ("open", 3)
    assert again.view.cluster_id == known[0].view.cluster_id


def test_an_event_shows_a_few_exemplars_and_a_unique_id_a_revision() -> None:
    [known] = step([], find_clusters("a", sixty(), Terms()), 0)
    event = to_event(known)
    assert len(event.exemplars) == 5
    assert event.natural_id().endswith(":1")
