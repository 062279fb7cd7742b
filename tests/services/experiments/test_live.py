"""What was promoted on procedure evidence has its exact test on live traffic."""

from datetime import date

from pawl_sdk.bundle import apply_edits

from libs.contracts.events import ConfigReleased, LiveTestFinished, ProposalDecided
from libs.learning import learn
from libs.learning.standing import cases_of, labels_of
from services.miner.domain.relearning import edits_to
from tests.services.experiments.bench import Bench
from tests.services.experiments.world import (
    AGENT,
    BASE_COMMIT,
    START,
    proposal,
    recorded,
    request,
    truth,
)

MERGED = "b" * 40


async def released(bench: Bench) -> str:
    """A learned change passes on the backlog, is approved and served; its digest."""
    await bench.announce()
    await bench.learn(range(130))
    world = bench.world
    rules = learn(cases_of([], "decision", world.reviews, date(2026, 1, 6)))
    edits = edits_to(world.served, rules, labels_of(world.reviews), "2026-01-05")
    drafted = proposal(world, edits)
    await bench.publish(drafted)
    result = await bench.verdict(drafted.proposal_id)
    assert result.verdict == "accept", result.reasons
    assert result.evidence is not None
    assert result.evidence.kind == "procedure"
    digest = world.serve(MERGED, apply_edits(world.commits[BASE_COMMIT], result.edits)).digest
    decided = ProposalDecided(
        proposal_id=drafted.proposal_id, agent=AGENT, decision="approved", decided_by="ada",
        head_commit=MERGED, merge_commit=MERGED, bundle_digest=digest, decided_at=START,
    )  # fmt: skip
    release = ConfigReleased(
        agent=AGENT, sequence=2, digest=digest, commit=MERGED,
        proposal_id=drafted.proposal_id, approved_by="ada", released_at=START,
    )  # fmt: skip
    await bench.publish(decided, release)
    await bench.handled("config-released-v1")
    return digest


async def closed(bench: Bench) -> bool:
    entries = (await bench.ledger()).entries
    return len(entries) == 2 and entries[1].outcome != "open"


async def test_reviews_after_the_release_confirm_it_pair_by_pair(bench: Bench) -> None:
    digest = await released(bench)
    base = bench.world.reviews[0].config_digest
    bench.world.replays.clear()
    await bench.learn(range(130, 170))
    await bench.until(lambda: closed(bench))
    [finished] = await bench.published(LiveTestFinished, 1)
    assert isinstance(finished, LiveTestFinished)
    assert (finished.outcome, finished.candidate_digest) == ("confirmed", digest)
    assert finished.evidence.kind == "exact"
    assert finished.evidence.from_position == 130
    assert (finished.evidence.losses, finished.evidence.ci_low > 0) == (0, True)
    entry = (await bench.ledger()).entries[1]
    assert (entry.kind, entry.outcome, entry.promoted_before) == ("exact", "confirmed", 1)
    assert (await bench.ledger()).promotions == 1, "one change, however often it is shown"
    replayed = {digest for digest, _ in bench.world.replays}
    assert replayed == {base}, "what was served is in the traces; only the other arm is run"


async def test_a_config_that_reviewers_now_overrule_is_shown_to_be_worse(bench: Bench) -> None:
    await released(bench)
    turned = {"approve": "flag", "reject": "flag", "flag": "flag"}
    views = [
        bench.world.review(request(number), expected=turned[truth(request(number))])
        for number in range(130, 190)
    ]
    await bench.publish(*(recorded(view) for view in views))
    await bench.until(lambda: closed(bench))
    [finished] = await bench.published(LiveTestFinished, 1)
    assert isinstance(finished, LiveTestFinished)
    assert finished.outcome == "worse"
    assert finished.evidence.wins == 0
    assert (await bench.ledger()).entries[1].outcome == "refused"


async def test_what_is_served_no_more_is_tested_no_more(bench: Bench) -> None:
    await released(bench)
    bench.world.served_commit = BASE_COMMIT
    await bench.learn(range(130, 140))
    await bench.until(lambda: closed(bench))
    assert (await bench.ledger()).entries[1].outcome == "ended"


async def test_a_live_test_survives_a_kill_at_its_level(bench: Bench) -> None:
    await released(bench)
    await bench.learn(range(130, 134))

    async def opened() -> bool:
        return len((await bench.ledger()).entries) == 2

    await bench.until(opened)
    level = (await bench.ledger()).entries[1].level
    await bench.kill()
    await bench.start()
    await bench.learn(range(134, 170))
    await bench.until(lambda: closed(bench))
    [finished] = await bench.published(LiveTestFinished, 1)
    assert isinstance(finished, LiveTestFinished)
    assert (finished.outcome, finished.evidence.level) == ("confirmed", level)
