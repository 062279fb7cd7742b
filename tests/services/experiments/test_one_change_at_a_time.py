"""One change of an agent at a time, on what is served; people have the last word."""

from pawl_sdk.bundle import apply_edits

from libs.contracts.events import ConfigReleased, ProposalDecided
from tests.services.experiments.bench import Bench, gathering, seen
from tests.services.experiments.test_exact_evidence import HEAD, in_department
from tests.services.experiments.world import (
    AGENT,
    BASE_COMMIT,
    MARKETING,
    SECURITY,
    START,
    proposal,
)


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


def moved(bench: Bench) -> str:
    """Another config is served from now on; its digest."""
    files = apply_edits(bench.world.commits[BASE_COMMIT], [MARKETING])
    return bench.world.serve("b" * 40, files).digest


async def accepted(bench: Bench) -> str:
    """The id of a proposal that its evidence accepted, and that waits for a person."""
    view = await gathering(bench, [SECURITY])
    await bench.learn(in_department("Security", 9))
    assert (await bench.verdict(view.proposal_id)).verdict == "accept"
    return view.proposal_id


async def test_a_proposal_on_an_old_base_is_inconclusive_and_opens_no_test(ready: Bench) -> None:
    old = proposal(ready.world, [SECURITY])
    moved(ready)
    await ready.publish(old)
    result = await ready.verdict(old.proposal_id)
    assert result.verdict == "inconclusive"
    assert "the base moved" in result.reasons[0]
    assert (await ready.ledger()).entries == ()


async def test_a_base_that_moves_ends_what_gathers_and_its_figures_are_told(ready: Bench) -> None:
    """Also when no review comes: nothing could be compared with any more."""
    view = await gathering(ready, [SECURITY])
    await ready.learn(in_department("Security", 3))
    await seen(ready, HEAD + 3)
    moved(ready)
    result = await ready.verdict(view.proposal_id)
    assert result.verdict == "inconclusive"
    assert "the base moved" in result.reasons[0]
    assert result.evidence is not None
    assert (result.evidence.n, result.evidence.wins) == (3, 3)
    assert result.edits == (SECURITY,)
    [entry] = (await ready.ledger()).entries
    assert (entry.outcome, entry.evidence) == ("ended", result.evidence)


async def test_while_an_accepted_proposal_waits_for_its_person_others_are_not_tested(
    ready: Bench,
) -> None:
    first = await accepted(ready)
    second = proposal(ready.world, [MARKETING], "run-2", author="claude")
    await ready.publish(second)
    waiting = await ready.verdict(second.proposal_id, "run-2")
    assert waiting.verdict == "inconclusive"
    assert f"{first} was accepted" in waiting.reasons[0]
    await ready.publish(decided(first, "rejected"))
    await ready.handled("proposal-decided-v1")
    repeat = proposal(ready.world, [SECURITY], "run-3", author="claude")
    await ready.publish(repeat)
    assert (await ready.verdict(repeat.proposal_id, "run-3")).reasons == (
        "already decided: rejected",
    )
    view = await gathering(ready, [MARKETING], "run-4")
    assert view.proposal_id == second.proposal_id
    assert [entry.test_number for entry in (await ready.ledger()).entries] == [1, 2]


async def test_what_a_person_decides_ends_what_gathers(ready: Bench) -> None:
    """Whoever has seen enough need not wait for the figures."""
    view = await gathering(ready, [SECURITY])
    await ready.publish(decided(view.proposal_id, "rejected"))
    result = await ready.verdict(view.proposal_id)
    assert (result.verdict, result.reasons) == ("inconclusive", ("already decided: rejected",))
    assert [one.outcome for one in (await ready.ledger()).entries] == ["ended"]


async def test_a_proposal_waits_while_an_approved_one_is_being_released(ready: Bench) -> None:
    """The base is about to move: figures on the old one would be worth nothing."""
    first = await accepted(ready)
    stale = proposal(ready.world, [MARKETING], "run-2", author="claude")
    digest = moved(ready)
    ready.world.served_commit = BASE_COMMIT
    await ready.publish(decided(first, "approved", digest))
    await ready.handled("proposal-decided-v1")
    await ready.publish(stale)
    await ready.handled("proposal-drafted-v1")
    assert (await ready.experiments("run-2"))[0].state in ("queued", "running")
    moved(ready)
    await ready.publish(released(digest, first))
    result = await ready.verdict(stale.proposal_id, "run-2")
    assert "the base moved" in result.reasons[0]


async def test_a_redelivered_proposal_makes_no_second_experiment(ready: Bench) -> None:
    drafted = proposal(ready.world, [SECURITY], author="claude")
    await ready.publish(drafted, drafted)
    await gathering(ready, [SECURITY])
    assert len(await ready.experiments()) == 1
    assert len((await ready.ledger()).entries) == 1
