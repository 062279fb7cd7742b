"""A canary that is worse is rolled back by itself; one that is not, or is not measured, stays."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from libs.contracts.events import Canary, ConfigChannelMoved, EvaluationRecorded
from libs.testkit.eventlog_suite import eventually
from libs.testkit.review_gate import NOW, agent_files
from services.runtime_config.domain.canary import CanaryTrial, TrialRules

CHANNEL = "/api/v1/agents/buyer/channels/production"
WHO = {"moved_by": "ada", "reason": "because"}
LATER = NOW + timedelta(days=36_500)
"""After every canary of these tests, whose moves carry the machine's time."""
RULES = TrialRules(alpha=0.05, margin=0.0)


def evaluation(
    trace: int, digest: str, passed: bool | None, evaluator: str = "tool_error", **more: Any
) -> EvaluationRecorded:
    fields = {
        "evaluation_id": f"{evaluator}-{trace}",
        "project": "shop",
        "agent": "buyer",
        "trace_id": f"{trace:032x}",
        "target": "trace",
        "evaluator": evaluator,
        "evaluator_version": "1",
        "kind": "code",
        "status": "ok",
        "passed": passed,
        "config_digest": digest,
        "evaluated_at": LATER,
    }
    return EvaluationRecorded.model_validate(fields | more)


async def with_canary(start_registry: Any, weight: float = 0.5) -> tuple[Any, Any]:
    registry = await start_registry(canary_weight=weight)
    await registry.publish(registry.gate.import_files(agent_files(1)))
    await registry.settled()
    await registry.release("prop-1", 2, at=NOW + timedelta(hours=1))
    pointer = await registry.pointer()
    assert pointer["canary"]["weight"] == weight
    return registry, pointer


async def test_a_worse_canary_is_rolled_back_by_itself(start_registry: Any) -> None:
    registry, pointer = await with_canary(start_registry)
    good, bad = pointer["digest"], pointer["canary"]["digest"]
    await registry.publish(*(evaluation(n, good, True) for n in range(60)))
    await registry.publish(*(evaluation(1000 + n, bad, False) for n in range(60)))

    async def ended() -> bool:
        return (await registry.pointer())["canary"] is None

    await eventually(ended)
    now = await registry.pointer()
    assert (now["generation"], now["digest"]) == (3, good)
    moved = (await registry.published(ConfigChannelMoved, 3))[-1]
    assert moved.moved_by == "pawl-canary"
    assert "tool_error" in moved.reason
    await registry.publish(*(evaluation(5000 + n, bad, False) for n in range(20)))
    await registry.settled()
    assert (await registry.pointer())["generation"] == 3


async def test_silence_and_unclear_labels_hold_the_canary(start_registry: Any) -> None:
    registry, pointer = await with_canary(start_registry)
    bad = pointer["canary"]["digest"]
    await registry.publish(*(evaluation(n, bad, False) for n in range(60)))
    await registry.publish(*(evaluation(900 + n, bad, None) for n in range(9)))
    await registry.publish(*(evaluation(800 + n, bad, False, status="error") for n in range(9)))
    await registry.settled()
    view = await registry.get(f"{CHANNEL}/canary")
    assert (view["runs_canary"], view["runs_control"]) == (60, 0)
    assert view["note"].startswith("held")
    assert (await registry.pointer())["generation"] == 2


async def test_a_run_counts_once_however_often_its_evaluation_comes(start_registry: Any) -> None:
    registry, pointer = await with_canary(start_registry)
    bad, good = pointer["canary"]["digest"], pointer["digest"]
    await registry.publish(*(evaluation(7, bad, False) for _ in range(40)))
    redone = [evaluation(7, bad, False, evaluation_id=f"v{n}", trace_revision=n) for n in range(40)]
    await registry.publish(*redone, *(evaluation(n, good, True) for n in range(100, 110)))
    await registry.settled()
    view = await registry.get(f"{CHANNEL}/canary")
    assert (view["runs_canary"], view["runs_control"]) == (1, 10)


async def test_runs_from_before_the_canary_count_for_neither_arm(start_registry: Any) -> None:
    """No split assigned them; one that is judged late carries the time when it began."""
    registry, pointer = await with_canary(start_registry)
    good, bad = pointer["digest"], pointer["canary"]["digest"]
    await registry.publish(
        *(evaluation(n, good, True, evaluated_at=NOW) for n in range(5)),
        *(evaluation(100 + n, good, True, run_started_at=NOW) for n in range(5)),
        *(evaluation(200 + n, bad, False, run_started_at=NOW) for n in range(5)),
        *(evaluation(300 + n, good, True, run_started_at=LATER) for n in range(3)),
        *(evaluation(400 + n, bad, False) for n in range(2)),
    )
    await registry.settled()
    view = await registry.get(f"{CHANNEL}/canary")
    assert (view["runs_canary"], view["runs_control"]) == (2, 3)


async def test_a_person_promotes_a_canary_or_rolls_it_back(start_registry: Any) -> None:
    registry, pointer = await with_canary(start_registry, weight=0.1)
    promoted = (await registry.http.post(f"{CHANNEL}/promote", json=WHO)).json()
    assert (promoted["digest"], promoted["canary"]) == (pointer["canary"]["digest"], None)
    canary = {"digest": pointer["digest"], "weight": 0.2, "salt": "s"}
    body = {"digest": promoted["digest"], "canary": canary, **WHO}
    moved = await registry.http.put(CHANNEL, json=body, headers={"If-Match": "3"})
    assert moved.json()["canary"] == canary
    back = (await registry.http.post(f"{CHANNEL}/rollback", json=WHO)).json()
    assert (back["generation"], back["digest"], back["canary"]) == (5, promoted["digest"], None)


async def test_a_rollback_that_comes_after_the_canary_ended_goes_no_further(
    start_registry: Any,
) -> None:
    """Whoever asks had the canary in mind: the watch, or somebody else, was faster."""
    registry, _ = await with_canary(start_registry)
    first = (await registry.pointer())["digest"]
    second = (await registry.http.post(f"{CHANNEL}/promote", json=WHO)).json()["digest"]
    bad = await registry.release("prop-2", 3)
    responses = [await registry.http.post(f"{CHANNEL}/rollback", json=WHO) for _ in range(2)]
    assert [response.status_code for response in responses] == [200, 409]
    detail = responses[1].json()["detail"]
    assert f"ada ended the canary {bad} already" in detail
    assert (await registry.pointer())["digest"] == second
    meant = await registry.http.post(f"{CHANNEL}/rollback", json={**WHO, "to_digest": first})
    assert meant.json()["digest"] == first


def trial_of(weight: float = 0.5) -> CanaryTrial:
    return CanaryTrial.fresh(RULES, Canary(digest="sha256:" + "0" * 64, weight=weight, salt="s"))


def ever_rolled_back(chance: np.random.Generator, bad_rate: float, runs: int) -> bool:
    trial = trial_of()
    for _ in range(runs):
        for evaluator in ("a", "b", "c"):
            trial.observe(evaluator, "canary", passed=bool(chance.random() >= bad_rate))
            trial.observe(evaluator, "control", passed=bool(chance.random() >= 0.2))
        if trial.is_worse:
            return True
    return False


def test_a_canary_that_is_no_worse_is_rolled_back_in_at_most_alpha_of_all_cases() -> None:
    chance = np.random.default_rng(7)
    ended = sum(ever_rolled_back(chance, 0.2, 100) for _ in range(200))
    assert ended / 200 <= RULES.alpha + 3 * (0.05 * 0.95 / 200) ** 0.5


def test_a_canary_that_is_much_worse_is_nearly_always_rolled_back() -> None:
    chance = np.random.default_rng(8)
    assert sum(ever_rolled_back(chance, 0.6, 150) for _ in range(40)) >= 38


def test_a_trial_goes_on_from_its_state_exactly() -> None:
    chance, whole, parts = np.random.default_rng(9), trial_of(0.1), trial_of(0.1)
    for number in range(300):
        arm: Any = "canary" if number % 10 == 0 else "control"
        passed = bool(chance.random() > 0.3)
        whole.observe("e", arm, passed=passed)
        parts.observe("e", arm, passed=passed)
        parts = CanaryTrial.restore(RULES, parts.state())
    assert parts.log_e == pytest.approx(whole.log_e)
    assert parts.runs == whole.runs
