"""A frozen candidate is judged by the reviews that come after it, and by nothing else."""

from pathlib import Path

import pytest
from pawl_sdk.bundle import apply_edits, compile_bundle

from libs.contracts.events import ExperimentFinished
from tests.services.experiments.bench import Bench, gathering, open_bench, seen
from tests.services.experiments.conftest import LESSONS
from tests.services.experiments.world import (
    AGENT,
    BASE_COMMIT,
    MARKETING,
    SECURITY,
    USELESS,
    World,
    proposal,
    request,
)

HEAD = len(LESSONS)


def in_department(name: str, count: int, start: int = 1000) -> list[int]:
    """Numbers of fresh requests of one department."""
    found = [n for n in range(start, start + 4 * count) if request(n)["department"] == name]
    return found[:count]


async def test_only_reviews_with_later_positions_are_evidence(ready: Bench) -> None:
    """Sixty lessons on which it wins fifteen times prove nothing; the sixty-first review counts."""
    view = await gathering(ready, [SECURITY])
    assert (view.evidence, view.result) == (None, None)
    [entry] = (await ready.ledger()).entries
    assert (entry.kind, entry.outcome, entry.evidence) == ("exact", "open", None)
    await ready.learn(in_department("Security", 3))
    evidence = (await seen(ready, HEAD + 3)).evidence
    assert evidence is not None
    assert (evidence.n, evidence.wins, evidence.losses) == (3, 3, 0)
    assert (evidence.from_position, evidence.through_position) == (HEAD, HEAD + 3)


async def test_what_came_while_it_was_prepared_is_evidence_already(ready: Bench) -> None:
    """The lessons are those until it was taken up: nothing after them was looked at."""
    late = in_department("Security", 2)

    async def come(digest: str) -> None:
        if late:
            ready.world.review(request(late.pop()))

    ready.world.before_replay = come
    await gathering(ready, [SECURITY])
    assert not late
    [entry] = (await ready.ledger()).entries
    evidence = (await seen(ready, HEAD + 2)).evidence
    assert evidence is not None
    assert (entry.evidence, evidence.n, evidence.wins) == (entry.evidence, 2, 2)
    assert evidence.from_position == HEAD


async def test_it_is_accepted_as_soon_as_the_reviews_show_it(ready: Bench) -> None:
    """Eight wins without a loss suffice at the first level; what comes later is a lesson."""
    view = await gathering(ready, [SECURITY, USELESS])
    await ready.learn(in_department("Security", 20))
    result = await ready.verdict(view.proposal_id)
    assert result.verdict == "accept", result.reasons
    evidence = result.evidence
    assert evidence is not None
    assert (evidence.kind, evidence.test_number, evidence.promoted_before) == ("exact", 1, 0)
    assert (evidence.n, evidence.wins, evidence.through_position) == (8, 8, HEAD + 8)
    assert evidence.p_value is not None
    assert evidence.p_value <= evidence.level == pytest.approx(0.05 * 0.72)
    assert evidence.e_value is None
    assert result.reasons == (
        f"exact evidence: 8 wins against 0 losses on 8 reviews, p = {evidence.p_value:.4g}, "
        f"had to be at most {evidence.level:.4g}",
    )
    assert result.edits == (SECURITY,)
    assert await ready.published(ExperimentFinished, 1) == [result]
    [entry] = (await ready.ledger()).entries
    assert (entry.outcome, entry.evidence) == ("promoted", evidence)


async def test_it_is_refused_as_soon_as_it_has_no_chance_left(ready: Bench) -> None:
    """What only looked good on the lessons is found out, early."""
    view = await gathering(ready, [SECURITY])
    await ready.learn(in_department("Security", 40), expected="flag")
    result = await ready.verdict(view.proposal_id)
    assert result.verdict == "reject"
    assert result.evidence is not None
    assert result.evidence.wins == 0
    assert result.evidence.n < 40
    assert "leave it next to no chance" in result.reasons[0]
    assert [one.outcome for one in (await ready.ledger()).entries] == ["refused"]


async def test_it_waits_while_nothing_is_told_apart_and_comes_back_to_life(ready: Bench) -> None:
    """A config at which nothing can be proved is judged again by whatever comes next."""
    view = await gathering(ready, [SECURITY])
    await ready.learn(in_department("Sales", 40))
    waiting = await seen(ready, HEAD + 40)
    assert (waiting.state, waiting.result) == ("gathering", None)
    assert waiting.evidence is not None
    assert (waiting.evidence.n, waiting.evidence.gain) == (40, 0.0)
    await ready.learn(in_department("Security", 8))
    assert (await ready.verdict(view.proposal_id)).verdict == "accept"


async def test_after_very_many_reviews_that_tell_nothing_it_makes_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWL_EXPERIMENTS_REVIEWS_MAX", "30")
    async with open_bench(tmp_path, World()) as bench:
        await bench.announce()
        await bench.learn(LESSONS)
        view = await gathering(bench, [SECURITY])
        await bench.learn([*in_department("Security", 2), *in_department("Sales", 27)])
        assert (await seen(bench, HEAD + 29)).state == "gathering"
        await bench.learn(in_department("Sales", 1, start=5000))
        result = await bench.verdict(view.proposal_id)
        assert result.verdict == "inconclusive"
        assert "tell nothing apart" in result.reasons[0]
        assert [one.outcome for one in (await bench.ledger()).entries] == ["ended"]


async def test_while_one_is_under_test_another_is_not_tested(ready: Bench) -> None:
    first = await gathering(ready, [SECURITY])
    await ready.learn(in_department("Security", 2))
    await seen(ready, HEAD + 2)
    second = proposal(ready.world, [MARKETING], author="claude")
    await ready.publish(second)
    result = await ready.verdict(second.proposal_id)
    assert result.verdict == "inconclusive"
    assert result.reasons == (
        f"not tested: {first.proposal_id} is under test, 2 fresh reviews so far",
    )
    assert len((await ready.ledger()).entries) == 1


async def test_a_newer_draft_takes_over_from_one_that_had_its_reviews(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWL_EXPERIMENTS_TAKEOVER_REVIEWS", "10")
    async with open_bench(tmp_path, World()) as bench:
        await bench.announce()
        await bench.learn(LESSONS)
        first = await gathering(bench, [SECURITY])
        await bench.learn([*in_department("Sales", 9), *in_department("Security", 1)])
        await seen(bench, HEAD + 10)
        second = await gathering(bench, [MARKETING], run="run-2")
        ended = await bench.verdict(first.proposal_id)
        assert ended.verdict == "inconclusive"
        assert ended.evidence is not None
        assert (ended.evidence.n, ended.evidence.wins) == (10, 1)
        assert second.proposal_id in ended.reasons[0]
        entries = (await bench.ledger()).entries
        assert [one.outcome for one in entries] == ["ended", "open"]
        assert entries[1].evidence is None, "reviews that judged another candidate are lessons now"


async def test_the_same_candidate_drafted_again_does_not_begin_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its evidence so far would be lost, and a share of the budget with it."""
    monkeypatch.setenv("PAWL_EXPERIMENTS_TAKEOVER_REVIEWS", "3")
    async with open_bench(tmp_path, World()) as bench:
        await bench.announce()
        await bench.learn(LESSONS)
        first = await gathering(bench, [SECURITY])
        await bench.learn(in_department("Security", 5))
        await seen(bench, HEAD + 5)
        again = proposal(bench.world, [SECURITY, USELESS], "run-2", author="claude")
        await bench.publish(again)
        result = await bench.verdict(again.proposal_id, "run-2")
        assert f"{first.proposal_id} is under test" in result.reasons[0]
        await bench.learn(in_department("Security", 3, start=5000))
        accepted = await bench.verdict(first.proposal_id)
        assert accepted.evidence is not None
        assert (accepted.verdict, accepted.evidence.n) == ("accept", 8)


async def test_what_the_incumbent_answered_is_taken_from_the_trace(ready: Bench) -> None:
    """Only the candidate is run on a review whose digest says that the incumbent answered it."""
    await gathering(ready, [SECURITY])
    ready.world.replays.clear()
    numbers = in_department("Security", 4)
    await ready.learn(numbers)
    await seen(ready, HEAD + 4)
    candidate = compile_bundle(
        AGENT, apply_edits(ready.world.commits[BASE_COMMIT], [SECURITY])
    ).digest
    assert sorted(ready.world.replays) == [(candidate, request(n)["id"]) for n in numbers]


async def test_the_incumbent_is_replayed_where_something_else_answered(ready: Bench) -> None:
    """The recorded answer of another config says nothing of what is served."""
    await gathering(ready, [SECURITY])
    ready.world.replays.clear()
    numbers = in_department("Security", 3)
    other = {"config_digest": "sha256:" + "0" * 64, "answered": "approve"}
    await ready.learn(numbers[:2], **other)
    await ready.learn(numbers[2:])
    evidence = (await seen(ready, HEAD + 3)).evidence
    assert evidence is not None
    assert (evidence.wins, evidence.baseline_correct) == (3, 0)
    baseline = ready.world.served.digest
    replayed = [name for digest, name in ready.world.replays if digest == baseline]
    assert sorted(replayed) == [request(n)["id"] for n in numbers[:2]]


async def test_a_review_of_a_known_example_is_no_fresh_evidence(ready: Bench) -> None:
    """Neither of a lesson, nor of what has been evidence: it was learned from, or counted."""
    await gathering(ready, [SECURITY])
    lesson = next(n for n in LESSONS if request(n)["department"] == "Security")
    fresh = in_department("Security", 2)
    await ready.learn([lesson, *fresh, fresh[0], lesson])
    evidence = (await seen(ready, HEAD + 5)).evidence
    assert evidence is not None
    assert (evidence.n, evidence.wins, evidence.through_position) == (2, 2, HEAD + 3)


async def test_near_copies_win_once(ready: Bench) -> None:
    """Single reviews so far: the win of a copy does not count, its loss does."""
    view = await gathering(ready, [SECURITY])
    await ready.learn(in_department("Security", 20), group="the same")
    evidence = (await seen(ready, HEAD + 20)).evidence
    assert evidence is not None
    assert (evidence.n, evidence.wins, evidence.groups, evidence.p_value) == (20, 20, 1, None)
    await ready.learn(in_department("Security", 7, start=5000))
    result = await ready.verdict(view.proposal_id)
    assert result.evidence is not None
    assert (result.verdict, result.evidence.groups) == ("accept", 8)


async def test_where_copies_are_usual_groups_are_bets(bench: Bench) -> None:
    """The log holds groups of two: the test is one of bets, with an e-value and no p-value."""
    await bench.announce()
    for number in range(0, 60, 4):
        await bench.learn(range(number, number + 2), group=f"g{number}")
        await bench.learn(range(number + 2, number + 4), group=f"h{number}")
    view = await gathering(bench, [SECURITY])
    for number in in_department("Security", 30):
        await bench.learn([number], group=f"fresh-{number // 8}")
    result = await bench.verdict(view.proposal_id)
    evidence = result.evidence
    assert evidence is not None
    assert (result.verdict, evidence.kind, evidence.p_value) == ("accept", "exact", None)
    assert evidence.e_value is not None
    assert evidence.e_value >= 1 / evidence.level
    assert f"E = {evidence.e_value:.4g}" in result.reasons[0]
