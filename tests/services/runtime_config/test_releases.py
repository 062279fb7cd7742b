"""Only what was approved, tested and merged is released, once, in order."""

from datetime import timedelta
from typing import Any

import pytest
from pawl_sdk.bundle import Bundle, digest_of

from libs.contracts.events import ConfigChannelMoved, ConfigReleased
from libs.testkit.eventlog_suite import eventually
from libs.testkit.review_gate import NOW, FakeReviewGate, agent_files

WHO = {"moved_by": "ada", "reason": "because"}


async def test_an_import_is_the_first_release_and_makes_the_channel(registry: Any) -> None:
    pointer = await registry.pointer()
    (release,) = (await registry.get("/api/v1/releases", agent="buyer"))["items"]
    assert (pointer["generation"], release["sequence"]) == (1, 1)
    assert release["digest"] == pointer["digest"]
    assert release["proposal_id"] == "import-buyer"
    response = await registry.http.get(f"/api/v1/bundles/{pointer['digest']}")
    assert digest_of(response.content) == pointer["digest"]
    assert Bundle.from_bytes(response.content).spec.parameters == {"threshold": 1}
    assert "immutable" in response.headers["cache-control"]


async def test_an_approved_proposal_is_released_with_its_lineage(registry: Any) -> None:
    digest = await registry.release("prop-1", 2)
    assert (await registry.pointer())["digest"] == digest
    released = await registry.published(ConfigReleased, 2)
    assert [(r.sequence, r.proposal_id, r.experiment_id) for r in released] == [
        (1, "import-buyer", None),
        (2, "prop-1", "exp-prop-1"),
    ]
    moved = await registry.published(ConfigChannelMoved, 2)
    assert [(m.generation, m.digest, m.moved_by) for m in moved][1] == (2, digest, "ada")
    assert moved[1].previous_digest == moved[0].digest


async def test_a_decision_delivered_again_changes_nothing(registry: Any) -> None:
    event = registry.gate.approve("prop-1", agent_files(2))
    await registry.publish(event, event)
    await registry.publish(event)
    await registry.settled()
    assert (await registry.pointer())["generation"] == 2
    assert len((await registry.get("/api/v1/releases", agent="buyer"))["items"]) == 2


async def test_an_approval_that_comes_late_does_not_undo_a_newer_one(registry: Any) -> None:
    base = (await registry.pointer())["digest"]
    older = registry.gate.approve("prop-old", agent_files(2), at=NOW + timedelta(hours=1))
    newer = await registry.release("prop-new", 3, at=NOW + timedelta(hours=2), baseline=base)
    await registry.publish(older)
    await registry.settled()
    assert (await registry.pointer())["digest"] == newer
    items = (await registry.get("/api/v1/releases", agent="buyer"))["items"]
    assert [item["proposal_id"] for item in items] == ["prop-old", "prop-new", "import-buyer"]


async def test_approvals_that_come_the_wrong_way_round_end_at_the_later_one(registry: Any) -> None:
    first = registry.gate.approve("prop-1", agent_files(2))
    second = registry.gate.approve("prop-2", agent_files(3))  # tested on the first
    for event in (second, first):
        await registry.publish(event)
        await registry.settled()
    assert (await registry.pointer())["digest"] == second.bundle_digest


async def test_an_approval_brings_in_nothing_that_was_refused(registry: Any) -> None:
    """The second was tested on the first, so it holds what the registry did not release."""
    held = (await registry.pointer())["digest"]
    refused = registry.gate.approve("prop-1", agent_files(2))
    await registry.publish(refused.model_copy(update={"head_commit": "f" * 40}))
    await registry.release("prop-2", 3)
    states = (await registry.get("/api/v1/releases/decisions", agent="buyer"))["items"]
    assert [item["state"] for item in states[:2]] == ["released", "refused"]
    assert (await registry.pointer())["digest"] == held


async def test_an_approval_does_not_bring_back_what_was_rolled_back(registry: Any) -> None:
    good = (await registry.pointer())["digest"]
    bad = await registry.release("prop-bad", 2)
    tested_on_it = registry.gate.approve("prop-next", agent_files(3))
    await registry.http.post("/api/v1/agents/buyer/channels/production/rollback", json=WHO)
    await registry.publish(tested_on_it)
    await registry.settled()
    pointer = await registry.pointer()
    assert (pointer["generation"], pointer["digest"]) == (3, good)
    newest = (await registry.get("/api/v1/releases", agent="buyer"))["items"][0]
    assert (newest["proposal_id"], newest["digest"]) == ("prop-next", tested_on_it.bundle_digest)
    decision = (await registry.get("/api/v1/releases/decisions", agent="buyer"))["items"][0]
    assert (decision["state"], decision["proposal_id"]) == ("released", "prop-next")
    assert f"production did not move: it was tested on {bad}" in decision["reason"]
    assert f"moved to {good}" in decision["reason"]


async def test_a_change_by_hand_leads_on_after_a_rollback(registry: Any) -> None:
    """A person saw what is there and wants these files: they were tested on nothing."""
    await registry.release("prop-bad", 2)
    await registry.http.post("/api/v1/agents/buyer/channels/production/rollback", json=WHO)
    by_hand = registry.gate.import_files(agent_files(4)).model_copy(
        update={"proposal_id": "change-0123456789ab"}
    )
    await registry.publish(by_hand)
    await registry.settled()
    assert (await registry.pointer())["digest"] == by_hand.bundle_digest
    next_one = await registry.release("prop-next", 5)
    assert (await registry.pointer())["digest"] == next_one


async def test_what_is_tested_on_a_canary_takes_its_place(start_registry: Any) -> None:
    registry = await start_registry(canary_weight=0.5)
    await registry.publish(registry.gate.import_files(agent_files(1)))
    await registry.settled()
    first = await registry.release("prop-1", 2)
    assert (await registry.pointer())["canary"]["digest"] == first
    second = await registry.release("prop-2", 3)
    assert (await registry.pointer())["canary"]["digest"] == second


async def test_approvals_count_in_their_order_also_when_a_clock_is_set_back(
    registry: Any,
) -> None:
    await registry.release("prop-1", 2, at=NOW + timedelta(hours=2))
    later = await registry.release("prop-2", 3, at=NOW + timedelta(hours=1, minutes=59))
    assert (await registry.pointer())["digest"] == later


async def test_a_rejection_releases_nothing(registry: Any) -> None:
    await registry.publish(registry.gate.approve("prop-1", agent_files(2), decision="rejected"))
    await registry.settled()
    assert (await registry.pointer())["generation"] == 1


def tampered_files(gate: FakeReviewGate, event: Any) -> None:
    files = gate.files[event.merge_commit]
    gate.files[event.merge_commit] = files.model_copy(update={"files": agent_files(666)})


def reopened(gate: FakeReviewGate, event: Any) -> None:
    view = gate.proposals[event.proposal_id]
    gate.proposals[event.proposal_id] = view.model_copy(update={"state": "open"})


def rejected_by_the_test(gate: FakeReviewGate, event: Any) -> None:
    view = gate.proposals[event.proposal_id]
    experiment = view.experiment.model_copy(update={"verdict": "reject"})  # type: ignore[union-attr]
    gate.proposals[event.proposal_id] = view.model_copy(update={"experiment": experiment})


def unknown_proposal(gate: FakeReviewGate, event: Any) -> None:
    del gate.proposals[event.proposal_id]


def untested_digest(gate: FakeReviewGate, event: Any) -> None:
    view = gate.proposals[event.proposal_id]
    experiment = view.experiment.model_copy(  # type: ignore[union-attr]
        update={"candidate_digest": "sha256:" + "1" * 64}
    )
    gate.proposals[event.proposal_id] = view.model_copy(update={"experiment": experiment})


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (tampered_files, "compile to"),
        (reopened, "open, not approved"),
        (rejected_by_the_test, "came reject"),
        (unknown_proposal, "does not know"),
        (untested_digest, "tested digest"),
    ],
)
async def test_what_the_second_look_finds_wrong_is_refused_with_the_reason(
    registry: Any, spoil: Any, words: str
) -> None:
    event = registry.gate.approve("prop-1", agent_files(2))
    spoil(registry.gate, event)
    await registry.publish(event)
    await registry.settled()
    assert (await registry.pointer())["generation"] == 1
    decisions = (await registry.get("/api/v1/releases/decisions", agent="buyer"))["items"]
    assert decisions[0]["state"] == "refused"
    assert words in decisions[0]["reason"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"decided_by": "pawl-bot"}, "bot never approves"),
        ({"head_commit": "f" * 40}, "head commit"),
        ({"experiment_id": "exp-other"}, "experiment"),
        ({"decided_by": "mallory"}, "reviewer: the decision says mallory"),
        ({"bundle_digest": "sha256:" + "2" * 64}, "tested digest"),
    ],
)
async def test_an_event_that_claims_something_else_is_refused(
    registry: Any, change: dict[str, str], words: str
) -> None:
    await registry.publish(registry.gate.approve("prop-1", agent_files(2), **change))
    await registry.settled()
    decisions = (await registry.get("/api/v1/releases/decisions", agent="buyer"))["items"]
    assert (decisions[0]["state"], words in decisions[0]["reason"]) == ("refused", True)
    assert (await registry.pointer())["generation"] == 1


async def test_only_named_reviewers_count_when_they_are_named(start_registry: Any) -> None:
    registry = await start_registry(reviewers="grace, alan")
    await registry.publish(registry.gate.import_files(agent_files(1)))
    await registry.settled()
    (decision,) = (await registry.get("/api/v1/releases/decisions"))["items"]
    assert "approved by 'ada', allowed are alan, grace" in decision["reason"]


async def test_an_approval_waits_while_the_gate_is_away_and_none_overtakes_it(
    start_registry: Any,
) -> None:
    registry = await start_registry(sweep_seconds=0.05)
    await registry.publish(registry.gate.import_files(agent_files(1)))
    await registry.settled()
    registry.gate.down = True
    first = registry.gate.approve("prop-1", agent_files(2), at=NOW + timedelta(hours=1))
    second = registry.gate.approve("prop-2", agent_files(3), at=NOW + timedelta(hours=2))
    await registry.publish(first, second)
    await registry.settled()
    decisions = (await registry.get("/api/v1/releases/decisions"))["items"]
    assert [d["state"] for d in decisions] == ["pending", "pending", "released"]
    assert "503" in decisions[1]["reason"]
    registry.gate.down = False

    async def both() -> bool:
        return (await registry.pointer())["generation"] == 3

    await eventually(both)
    released = await registry.published(ConfigReleased, 3)
    assert [r.proposal_id for r in released] == ["import-buyer", "prop-1", "prop-2"]


async def test_an_approval_that_waits_survives_a_restart(start_registry: Any) -> None:
    registry = await start_registry(sweep_seconds=0.05)
    await registry.publish(registry.gate.import_files(agent_files(1)))
    await registry.settled()
    registry.gate.down = True
    await registry.publish(registry.gate.approve("prop-1", agent_files(2)))
    await registry.settled()
    await registry.app.stop()
    registry.gate.down = False
    again = await start_registry(sweep_seconds=0.05)

    async def released() -> bool:
        return (await again.pointer())["generation"] == 2

    await eventually(released)
    states = [d["state"] for d in (await again.get("/api/v1/releases/decisions"))["items"]]
    assert states == ["released", "released"]


async def test_lists_page_through_everything_once(registry: Any) -> None:
    for number in range(5):
        await registry.release(f"prop-{number}", 10 + number, at=NOW + timedelta(hours=number))
    for path, key in (
        ("/api/v1/releases", "sequence"),
        ("/api/v1/releases/decisions", "proposal_id"),
        ("/api/v1/agents/buyer/channels/production/moves", "generation"),
    ):
        seen, cursor = [], None
        while True:
            params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            page = await registry.get(path, **params)
            seen += [item[key] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 6
