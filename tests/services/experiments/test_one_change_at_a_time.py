"""The base check, the alpha budget over a run, and what is never tested twice."""

from pathlib import Path

import pytest
from pawl_sdk.bundle import apply_edits

from libs.contracts.events import ConfigReleased, ProposalDecided
from tests.services.experiments.bench import Bench, open_bench
from tests.services.experiments.test_verdicts import memorised
from tests.services.experiments.world import (
    AGENT,
    MARKETING,
    SECURITY,
    START,
    World,
    feedback,
    proposal,
    request,
    rule,
)

REQUESTS = range(120)


@pytest.fixture
async def ready(bench: Bench) -> Bench:
    await bench.announce()
    await bench.learn(REQUESTS)
    return bench


def decided(proposal_id: str, decision: str, digest: str | None = None) -> ProposalDecided:
    return ProposalDecided(
        proposal_id=proposal_id, agent=AGENT, decision=decision, decided_by="ada",
        head_commit="b" * 40, merge_commit="b" * 40 if digest else None, bundle_digest=digest,
        decided_at=START,
    )  # fmt: skip


def released(digest: str, proposal_id: str, sequence: int = 2) -> ConfigReleased:
    return ConfigReleased(
        agent=AGENT, sequence=sequence, digest=digest, commit="b" * 40, proposal_id=proposal_id,
        approved_by="ada", released_at=START,
    )  # fmt: skip


async def test_a_proposal_on_an_old_base_is_inconclusive_and_costs_no_alpha(ready: Bench) -> None:
    old = proposal(ready.world, [SECURITY])
    ready.world.serve("b" * 40, apply_edits(ready.world.commits["a" * 40], [MARKETING]))
    await ready.publish(old)
    result = await ready.verdict(old.proposal_id)
    assert result.verdict == "inconclusive"
    assert "the base moved" in result.reasons[0]
    assert (await ready.ledger()).entries == ()


async def test_while_an_accepted_proposal_waits_for_its_person_others_wait_too(
    ready: Bench,
) -> None:
    first, second = proposal(ready.world, [SECURITY]), proposal(ready.world, [MARKETING])
    await ready.publish(first, second)
    assert (await ready.verdict(first.proposal_id)).verdict == "accept"
    waiting = await ready.verdict(second.proposal_id)
    assert waiting.verdict == "inconclusive"
    assert first.proposal_id in waiting.reasons[0]
    assert len((await ready.ledger()).entries) == 1


async def test_after_a_rejection_by_a_person_the_next_run_may_draft_again(ready: Bench) -> None:
    first, second = proposal(ready.world, [SECURITY]), proposal(ready.world, [MARKETING])
    await ready.publish(first, second)
    await ready.verdict(second.proposal_id)
    await ready.publish(decided(first.proposal_id, "rejected"))
    await ready.handled("proposal-decided-v1")
    again = proposal(ready.world, [MARKETING], run="run-2")
    repeat = proposal(ready.world, [SECURITY], run="run-2")
    await ready.publish(repeat, again)
    assert (await ready.verdict(repeat.proposal_id, "run-2")).reasons == (
        "already decided: rejected",
    )
    assert (await ready.verdict(again.proposal_id, "run-2")).verdict == "accept"
    assert [entry.test_number for entry in (await ready.ledger()).entries] == [1, 2]


async def test_a_proposal_waits_while_an_approved_one_is_being_released(ready: Bench) -> None:
    """The base is about to move: figures on the old one would be worth nothing."""
    first = proposal(ready.world, [SECURITY])
    stale = proposal(ready.world, [MARKETING], run="run-2")
    await ready.publish(first)
    await ready.verdict(first.proposal_id)
    merged = ready.world.commits["a" * 40] | {}
    files = apply_edits(merged, [SECURITY])
    digest = World().serve("b" * 40, files).digest
    await ready.publish(decided(first.proposal_id, "approved", digest))
    await ready.handled("proposal-decided-v1")
    await ready.publish(stale)
    await ready.handled("proposal-drafted-v1")
    assert (await ready.experiments("run-2"))[0].state in ("queued", "running")
    ready.world.serve("b" * 40, files)
    await ready.publish(released(digest, first.proposal_id))
    result = await ready.verdict(stale.proposal_id, "run-2")
    assert "the base moved" in result.reasons[0]


async def test_levels_follow_the_outcomes_over_a_run(ready: Bench) -> None:
    first = proposal(ready.world, [memorised(ready)])
    await ready.publish(first)
    assert (await ready.verdict(first.proposal_id)).verdict == "reject"
    assert (await ready.ledger()).level_next == pytest.approx(0.008)
    second = proposal(ready.world, [SECURITY, MARKETING])
    await ready.publish(second)
    result = await ready.verdict(second.proposal_id)
    assert result.verdict == "accept"
    assert result.alpha is not None
    assert result.alpha.level == pytest.approx(0.008)
    assert result.alpha.spent_before == pytest.approx(0.04)
    assert result.alpha.spent_after == pytest.approx(0.042)


async def test_the_same_candidate_has_no_second_sealed_test(ready: Bench) -> None:
    edits = [memorised(ready)]
    first = proposal(ready.world, edits)
    await ready.publish(first)
    refused = await ready.verdict(first.proposal_id)
    useless = rule("useless", "request.department == 'Legal'", "approve")
    again = proposal(ready.world, [*edits, useless], run="run-2")  # the same once made minimal
    await ready.publish(again)
    result = await ready.verdict(again.proposal_id, "run-2")
    assert result.verdict == "reject"
    assert refused.experiment_id in result.reasons[0]
    assert len((await ready.ledger()).entries) == 1


async def test_a_redelivered_proposal_makes_no_second_experiment(ready: Bench) -> None:
    drafted = proposal(ready.world, [SECURITY])
    await ready.publish(drafted, drafted)
    await ready.verdict(drafted.proposal_id)
    await ready.publish(drafted)
    await ready.handled("proposal-drafted-v1")
    assert len(await ready.experiments()) == 1


async def test_a_used_up_budget_waits_for_fresh_sealed_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rotation: the old sealed examples had their use, a near-copy of one is not fresh."""
    monkeypatch.setenv("PAWL_EXPERIMENTS_TESTS_MAX", "1")
    async with open_bench(tmp_path, World()) as bench:
        await bench.announce()
        await bench.learn(REQUESTS)
        first = proposal(bench.world, [memorised(bench)])
        await bench.publish(first)
        await bench.verdict(first.proposal_id)
        ledger = await bench.ledger()
        assert (ledger.epoch, ledger.tests_used, ledger.sealed_n) == (2, 0, 0)
        assert ledger.level_next == pytest.approx(0.05)
        good = proposal(bench.world, [SECURITY, MARKETING], run="run-2")
        await bench.publish(good)
        assert (await bench.verdict(good.proposal_id, "run-2")).verdict == "inconclusive"

        await bench.learn(REQUESTS, trace_offset=50_000)  # the same requests again: nothing fresh
        assert (await bench.ledger()).sealed_n == 0
        await bench.learn(range(120, 240))
        fresh = (await bench.ledger()).sealed_n
        assert fresh > 30
        again = proposal(bench.world, [SECURITY, MARKETING], run="run-3")
        await bench.publish(again)
        result = await bench.verdict(again.proposal_id, "run-3")
        assert result.verdict == "accept"
        assert result.sealed is not None
        assert result.sealed.n == fresh
        assert [entry.epoch for entry in (await bench.ledger()).entries] == [1, 2]


async def test_a_later_label_counts_and_an_earlier_one_that_comes_late_does_not(
    ready: Bench,
) -> None:
    before = await ready.counts()
    given = request(0)
    late = feedback(given, f"{1:032x}", "reject", feedback_id="late", recorded_at=START)
    await ready.publish(late)
    await ready.until(lambda: _nothing_pending(ready))
    assert await ready.counts() == before


async def _nothing_pending(bench: Bench) -> bool:
    await bench.handled("feedback-recorded-v1")
    return (await bench.counts()).pending == 0
