"""Procedure evidence ships as a canary; its exact test on live traffic settles it."""

from datetime import timedelta
from typing import Any

import pytest

from libs.contracts.events import ConfigChannelMoved, EvidenceResult, LiveTestFinished
from libs.testkit.review_gate import NOW, agent_files


def evidence(kind: str) -> EvidenceResult:
    return EvidenceResult.model_validate(
        {
            "kind": kind, "test_number": 2, "level": 0.03, "budget": 0.05, "promoted_before": 1,
            "n": 40, "baseline_correct": 20, "candidate_correct": 32, "wins": 12, "losses": 0,
            "gain": 0.3, "ci_low": 0.1, "ci_high": 0.5, "p_value": 0.01, "from_position": 130,
            "through_position": 170,
        }
    )  # fmt: skip


async def with_procedure(start_registry: Any, **settings: Any) -> tuple[Any, dict[str, Any]]:
    """An agent whose second config was promoted on procedure evidence."""
    registry = await start_registry(**settings)
    await registry.publish(registry.gate.import_files(agent_files(1)))
    await registry.settled()
    registry.gate.evidence = evidence("procedure")
    await registry.release("prop-1", 2, at=NOW + timedelta(hours=1))
    return registry, await registry.pointer()


def finished(pointer: dict[str, Any], outcome: str, new: str, old: str) -> LiveTestFinished:
    return LiveTestFinished.model_validate(
        {
            "experiment_id": "exp-1", "proposal_id": "prop-1", "agent": pointer["agent"],
            "outcome": outcome, "baseline_digest": old, "candidate_digest": new,
            "evidence": evidence("exact"), "finished_at": NOW,
        }
    )  # fmt: skip


async def test_procedure_evidence_ships_as_a_canary(start_registry: Any) -> None:
    _, pointer = await with_procedure(start_registry)
    assert pointer["canary"]["weight"] == 0.5
    assert pointer["canary"]["digest"] != pointer["digest"]


async def test_exact_evidence_moves_the_channel_at_once(start_registry: Any) -> None:
    registry = await start_registry()
    await registry.publish(registry.gate.import_files(agent_files(1)))
    await registry.settled()
    registry.gate.evidence = evidence("exact")
    await registry.release("prop-1", 2, at=NOW + timedelta(hours=1))
    assert (await registry.pointer())["canary"] is None


async def test_what_live_traffic_confirms_takes_the_channel(start_registry: Any) -> None:
    registry, pointer = await with_procedure(start_registry)
    new, old = pointer["canary"]["digest"], pointer["digest"]
    event = finished(pointer, "confirmed", new, old)
    await registry.publish(event, event)
    await registry.settled()
    now = await registry.pointer()
    assert (now["digest"], now["canary"], now["generation"]) == (new, None, 3)
    moved = (await registry.published(ConfigChannelMoved, 3))[-1]
    assert moved.moved_by == "pawl-live-test"
    assert "12 won, 0 lost" in moved.reason


@pytest.mark.parametrize("weight", [0.5, 0.0])
async def test_what_live_traffic_shows_to_be_worse_goes_back(
    start_registry: Any, weight: float
) -> None:
    registry, pointer = await with_procedure(start_registry, procedure_canary_weight=weight)
    old = (await registry.published(ConfigChannelMoved, 2))[0].digest
    new = pointer["canary"]["digest"] if weight else pointer["digest"]
    await registry.publish(finished(pointer, "worse", new, old))
    await registry.settled()
    now = await registry.pointer()
    assert (now["digest"], now["canary"]) == (old, None)


async def test_where_people_promote_a_confirmed_canary_waits(start_registry: Any) -> None:
    registry, pointer = await with_procedure(start_registry, promote_confirmed=False)
    new, old = pointer["canary"]["digest"], pointer["digest"]
    await registry.publish(finished(pointer, "confirmed", new, old))
    await registry.settled()
    assert await registry.pointer() == pointer


async def test_a_channel_that_was_moved_since_stays(start_registry: Any) -> None:
    registry, pointer = await with_procedure(start_registry)
    new, old = pointer["canary"]["digest"], pointer["digest"]
    back = {"moved_by": "ada", "reason": "because"}
    path = "/api/v1/agents/buyer/channels/production/rollback"
    assert (await registry.http.post(path, json=back)).is_success
    await registry.publish(finished(pointer, "confirmed", new, old))
    await registry.settled()
    now = await registry.pointer()
    assert (now["digest"], now["canary"]) == (old, None)
