"""One ledger for an agent's life: a row for each test, before anything is compared."""

from pathlib import Path

import pytest

from libs.acceptance.lifetime import LifetimeTerms, Spent, next_level
from libs.contracts.events import EvidenceResult, ProposalDecided
from libs.storage import Database
from libs.storage.engine import create_engine
from services.experiments.adapters.tests_sql import NewTest, TestLedger
from tests.services.experiments.bench import Bench, gathering, open_bench, seen
from tests.services.experiments.conftest import LESSONS
from tests.services.experiments.test_exact_evidence import HEAD, in_department
from tests.services.experiments.world import AGENT, MARKETING, SECURITY, START, World, proposal

TERMS = LifetimeTerms()
FIRST, SECOND = "sha256:" + "1" * 64, "sha256:" + "2" * 64


async def test_levels_follow_what_ended_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused, promoted, then the next: numbers, levels and promotions known, from the ledger."""
    async with open_bench(tmp_path, World()) as bench:
        await bench.announce()
        await bench.learn(LESSONS)
        refused = await gathering(bench, [MARKETING])
        await bench.learn(in_department("Marketing", 20), expected="flag")
        assert (await bench.verdict(refused.proposal_id)).verdict == "reject"
        accepted = await gathering(bench, [SECURITY], "run-2")
        await bench.learn(in_department("Security", 20))
        first = await bench.verdict(accepted.proposal_id, "run-2")
        assert first.verdict == "accept"
        no = ProposalDecided(
            proposal_id=accepted.proposal_id, agent=AGENT, decision="rejected", decided_by="ada",
            head_commit="b" * 40, decided_at=START,
        )  # fmt: skip
        await bench.publish(no)
        await bench.handled("proposal-decided-v1")
        ledger = await bench.ledger()
        spent = [Spent("exact", 0.72, "refused")]
        second = next_level("exact", spent, TERMS)
        assert [one.level for one in ledger.entries] == [pytest.approx(0.036), second.level]
        spent.append(Spent("exact", second.share, "accepted"))
        third = next_level("exact", spent, TERMS)
        assert (ledger.promotions, ledger.level_next_exact) == (1, third.level)
        assert third.promotions == 1
        await gathering(bench, [SECURITY, MARKETING], "run-3")
        last = (await bench.ledger()).entries[-1]
        assert (last.test_number, last.promoted_before, last.outcome) == (3, 1, "open")
        assert last.level == third.level


async def test_a_test_that_no_review_counted_in_gives_its_share_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could not have promoted; one with a single win is paid for."""
    monkeypatch.setenv("PAWL_EXPERIMENTS_TAKEOVER_REVIEWS", "3")
    async with open_bench(tmp_path, World()) as bench:
        await bench.announce()
        await bench.learn(LESSONS)
        first = (await bench.ledger()).level_next_exact
        await gathering(bench, [SECURITY])
        await bench.learn(in_department("Sales", 4))
        await seen(bench, HEAD + 4)
        await gathering(bench, [MARKETING], "run-2")
        await bench.learn([*in_department("Marketing", 1), *in_department("Sales", 3, 3000)])
        await seen(bench, HEAD + 8, "run-2")
        await gathering(bench, [SECURITY, MARKETING], "run-3")
        entries = (await bench.ledger()).entries
        assert [one.outcome for one in entries] == ["ended", "ended", "open"]
        assert [one.level for one in entries[:2]] == [first, first]
        assert entries[2].level < first


async def test_this_very_candidate_is_not_tested_again_once_it_was_refused(ready: Bench) -> None:
    """Nor does it help that reviewers think better of it meanwhile."""
    view = await gathering(ready, [SECURITY])
    numbers = in_department("Security", 12)
    await ready.learn(numbers, expected="flag")
    assert (await ready.verdict(view.proposal_id)).verdict == "reject"
    await ready.learn(numbers)
    again = proposal(ready.world, [SECURITY], "run-2", author="claude")
    await ready.publish(again)
    result = await ready.verdict(again.proposal_id, "run-2")
    assert result.verdict == "reject"
    assert "this very candidate was refused" in result.reasons[0]
    assert len((await ready.ledger()).entries) == 1


def evidence(through: int, wins: int) -> EvidenceResult:
    return EvidenceResult(
        kind="exact", test_number=1, level=0.036, budget=0.05, promoted_before=0, n=wins,
        groups=wins, baseline_correct=0, candidate_correct=wins, wins=wins, losses=0, gain=1.0,
        ci_low=0.5, ci_high=1.0, e_value=None, p_value=0.01, from_position=60,
        through_position=through,
    )  # fmt: skip


async def test_an_era_knows_only_promotions_from_before_it_began(bench: Bench) -> None:
    """Its reviews are there already: one that they brought about must not raise its level."""
    database = Database(bench.app, create_engine(bench.app.deps.settings, "experiments"))
    ledger = TestLedger(database, TERMS)
    async with database.transaction() as tx:
        await ledger.open(tx, AGENT, NewTest("exact", "exp-1", FIRST, SECOND, 60), START)
    test = await ledger.of_experiment("exp-1")
    assert test is not None
    async with database.transaction() as tx:
        assert await ledger.close(tx, test, "promoted", evidence(70, 10), START)
        assert not await ledger.close(tx, test, "refused", None, START), "an outcome stays"
        await ledger.open(tx, AGENT, NewTest("procedure", None, FIRST, None, 0), START)
        await ledger.open(tx, AGENT, NewTest("procedure", None, SECOND, None, 70), START)
    _, early, late = await ledger.entries(AGENT)
    assert (early.promoted_before, late.promoted_before) == (0, 1)
    assert early.level == pytest.approx(0.05 * TERMS.procedure_kept)
    await database.close()
