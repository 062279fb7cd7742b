"""Learning like this, judged on what came after: whose drafts it speaks for, and for how long."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pawl_sdk.bundle import apply_edits

from libs.contracts.api import LedgerEntry
from libs.contracts.events import ConfigReleased, ExperimentFinished, ProposalDecided
from libs.learning import learn
from libs.learning.standing import cases_of, kept_rules, labels_of
from services.miner.domain.relearning import edits_to
from tests.services.experiments.bench import Bench, open_bench
from tests.services.experiments.world import (
    AGENT,
    MARKETING,
    SECURITY,
    START,
    World,
    proposal,
    rule,
)

BACKLOG = range(80)
"""So many suffice for two habits, each of a quarter of the requests."""
TODAY = START.date()


def learned(world: World, through: int | None = None) -> list[dict[str, Any]]:
    """What the miner would draft on the served config, from the first reviews or from all."""
    lessons, bundle = world.reviews[:through], world.served
    rules = learn(cases_of(kept_rules(bundle), "decision", lessons, TODAY))
    return edits_to(bundle, rules, labels_of(lessons), TODAY.isoformat())


async def drafted(
    bench: Bench, edits: Sequence[dict[str, Any]], run: str = "run-1", **changes: Any
) -> tuple[ExperimentFinished | None, list[LedgerEntry]]:
    """The verdict, or None where it gathers evidence; and the ledger then."""
    one = proposal(bench.world, edits, run, **changes)
    await bench.publish(one)

    async def judged() -> bool:
        return [v.state for v in await bench.experiments(run)] in (["finished"], ["gathering"])

    await bench.until(judged)
    [view] = await bench.experiments(run)
    return view.result, list((await bench.ledger()).entries)


def release(digest: str, sequence: int) -> ConfigReleased:
    return ConfigReleased(
        agent=AGENT, sequence=sequence, digest=digest, commit="b" * 40, approved_by="ada",
        released_at=START,
    )  # fmt: skip


async def released(bench: Bench, digest: str, sequence: int) -> None:
    await bench.publish(release(digest, sequence))
    await bench.handled("config-released-v1")


@pytest.fixture
async def stocked(bench: Bench) -> Bench:
    """An agent with a backlog, and nothing fresh to come."""
    await bench.announce()
    await bench.learn(BACKLOG)
    return bench


@pytest.fixture
async def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """Not enough reviews to show anything; limits are wide, so as not to matter."""
    monkeypatch.setenv("PAWL_EXPERIMENTS_ERROR_MARGIN", "0.5")
    async with open_bench(tmp_path, World()) as bench:
        await bench.announce()
        await bench.learn(range(30))
        yield bench


async def test_a_learned_list_passes_at_once_on_a_backlog(stocked: Bench) -> None:
    """Nothing fresh is needed, and the report says which kind of evidence it was."""
    result, [entry] = await drafted(stocked, learned(stocked.world))
    assert result is not None
    assert result.verdict == "accept", result.reasons
    evidence = result.evidence
    assert evidence is not None
    assert (evidence.kind, evidence.p_value, evidence.groups) == ("procedure", None, None)
    assert evidence.e_value is not None
    assert evidence.e_value >= 1 / evidence.level == pytest.approx(1 / (0.05 * 0.4))
    assert evidence.n < len(BACKLOG), "the first reviews were only learned from"
    assert evidence.from_position == 0, "the first config is judged from the first review on"
    assert result.reasons[0].startswith("procedure evidence: ")
    assert "exact" not in " ".join(result.reasons)
    assert (entry.kind, entry.outcome, entry.experiment_id) == ("procedure", "promoted", None)
    assert entry.candidate_digest is None, "it had many candidates"


async def test_what_an_era_shows_is_carried_on_to_the_next_draft(few: Bench) -> None:
    """Too few reviews at first: E stays as it is, and a newer learned draft goes on with it."""
    first, [before] = await drafted(few, learned(few.world))
    assert first is None
    assert (before.kind, before.outcome) == ("procedure", "open")
    shown = before.evidence
    assert shown is not None
    assert shown.e_value is not None
    assert 1 < shown.e_value < 1 / shown.level
    assert (await few.experiments())[0].evidence == shown, "the API says how far it has come"
    second, [after] = await drafted(few, learned(few.world)[:1], "run-2")
    assert (second, after.evidence) == (None, shown)
    ended = (await few.experiments())[0].result
    assert ended is not None
    assert "what its era has shown so far goes on" in ended.reasons[0]


async def test_a_learned_draft_waits_for_the_reviews_that_come(few: Bench) -> None:
    """Its era's test goes on with them; it spends no test of its own."""
    waiting, [before] = await drafted(few, learned(few.world))
    assert waiting is None
    await few.learn(range(30, 46))
    [view] = await few.experiments()
    result = await few.verdict(view.proposal_id)
    evidence = result.evidence
    assert evidence is not None
    assert before.evidence is not None
    assert (result.verdict, evidence.kind) == ("accept", "procedure")
    assert (evidence.test_number, evidence.level) == (1, before.level)
    assert evidence.n > before.evidence.n
    assert [one.outcome for one in (await few.ledger()).entries] == ["promoted"]


@pytest.mark.parametrize("author", ["claude", "person"])
async def test_it_says_nothing_of_what_others_wrote(stocked: Bench, author: str) -> None:
    """Even when it is word for word what the learner would have said."""
    result, entries = await drafted(stocked, learned(stocked.world), author=author)
    assert result is None
    assert [one.kind for one in entries] == ["exact"]


async def test_it_says_nothing_of_a_draft_that_only_says_it_was_learned(stocked: Bench) -> None:
    """One rule that a hand wrote under a name like the learner's, beside the learned ones."""
    when = "request.department == 'Security' && request.amount >= 0"
    forged = rule("r-0123456789", when, "approve")
    honest = [edit for edit in learned(stocked.world) if "Security" not in str(edit)]
    assert honest
    result, entries = await drafted(stocked, [forged, *honest])
    assert result is None
    assert [one.kind for one in entries] == ["exact"]


async def test_it_says_nothing_of_a_draft_that_does_not_say_what_it_was_learned_from(
    stocked: Bench,
) -> None:
    _, entries = await drafted(stocked, learned(stocked.world), learned_through=None)
    assert [one.kind for one in entries] == ["exact"]


async def test_it_says_nothing_of_a_rule_that_a_person_wrote_and_the_draft_takes_out(
    bench: Bench,
) -> None:
    """The learner leaves such rules alone: that taking one out helps was never tried."""
    files = apply_edits(
        bench.world.commits["a" * 40], [rule("persons", "request.department == 'Sales'", "reject")]
    )
    bench.world.serve("b" * 40, files)
    await bench.announce()
    await bench.learn(BACKLOG)
    edits = [{"op": "remove_rule", "rule_id": "persons"}]
    _, entries = await drafted(bench, edits)
    assert [one.kind for one in entries] == ["exact"]


async def test_policy_says_which_parts_it_suffices_for(
    stocked: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is not allowed for rules, even a learned list has to prove itself exactly."""
    monkeypatch.setenv("PAWL_EXPERIMENTS_BY_PROCEDURE", "context")
    await stocked.stop()
    await stocked.start()
    result, entries = await drafted(stocked, learned(stocked.world))
    assert result is None
    assert [one.kind for one in entries] == ["exact"]


async def test_an_era_begins_with_the_release_of_its_config(stocked: Bench) -> None:
    """Reviews of before are lessons for it and no evidence: they judged what was served then."""
    world = stocked.world
    first = world.served.digest
    await released(stocked, first, 1)
    files = apply_edits(world.commits["a" * 40], [SECURITY])
    second = world.serve("b" * 40, files).digest
    await released(stocked, second, 2)
    _, entries = await drafted(stocked, learned(world))
    era = entries[0]
    assert (era.kind, era.baseline_digest) == ("procedure", second)
    assert era.evidence is not None
    assert (era.evidence.n, era.evidence.from_position) == (0, len(BACKLOG))
    assert era.evidence.e_value == 1.0


async def test_after_a_rollback_a_new_era_begins(few: Bench) -> None:
    world = few.world
    first, commit = world.served, world.served_commit
    await released(few, first.digest, 1)
    assert await _eras(few, world, "run-1") == [(0, "open")]
    await released(few, first.digest, 2)  # the same once more: the era goes on
    await few.learn(range(30, 32))
    assert await _eras(few, world, "run-2") == [(0, "open")]
    files = apply_edits(world.commits[commit], [MARKETING])
    await released(few, world.serve("b" * 40, files).digest, 3)
    await few.learn(range(32, 34))
    world.served_commit = commit
    await released(few, first.digest, 4)
    await few.learn(range(34, 38))
    assert await _eras(few, world, "run-3") == [(0, "ended"), (34, "open")]


async def _eras(bench: Bench, world: World, run: str) -> list[tuple[int, str]]:
    """Where each begins and how it ended, after one more draft."""
    _, entries = await drafted(bench, learned(world), run)
    return [
        (one.evidence.from_position, one.outcome)
        for one in entries
        if one.kind == "procedure" and one.evidence
    ]


async def test_after_a_persons_no_the_same_reviews_are_not_counted_again(stocked: Bench) -> None:
    """A test that could begin anew on a log it has seen would promote whatever it promoted."""
    edits = learned(stocked.world)
    first, _ = await drafted(stocked, edits)
    assert first is not None
    assert first.verdict == "accept"
    no = ProposalDecided(
        proposal_id=first.proposal_id, agent=AGENT, decision="rejected", decided_by="ada",
        head_commit="b" * 40, decided_at=START,
    )  # fmt: skip
    await stocked.publish(no)
    await stocked.handled("proposal-decided-v1")
    result, entries = await drafted(stocked, edits[:1], "run-2")
    assert result is None
    assert [one.kind for one in entries] == ["procedure", "procedure"]
    era = entries[1]
    assert era.promoted_before == 1, "what was promoted on earlier reviews was known"
    assert era.evidence is not None
    assert (era.evidence.from_position, era.evidence.n) == (len(BACKLOG), 0)
